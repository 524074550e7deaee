"""The science of a screening campaign: mothers, doping, hull, diffusion, decisions and their ledger."""
