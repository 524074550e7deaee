"""The Ewald stage: arrangements of lowest electrostatic energy of each composition."""
