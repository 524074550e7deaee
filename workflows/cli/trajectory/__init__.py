"""Commands for trajectories: `ionsieve diffusivity` and `ionsieve mechanism`."""
