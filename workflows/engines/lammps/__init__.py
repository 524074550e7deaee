"""The LAMMPS engine: potentials of the user's own lines, through the executable."""
