"""The CP2K engine: Quickstep DFT with Gaussian and plane waves."""
