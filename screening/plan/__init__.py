"""Which compositions, in which supercells: mothers, doping and charge compensation."""
