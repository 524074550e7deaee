"""From displacements to diffusivity, conductivity and verdict."""
