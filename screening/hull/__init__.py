"""Stability: energy above the hull, electrochemical window, reactions with electrodes."""
