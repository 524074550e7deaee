"""What is known of how the ions move, as stored and printed."""

from screening.estimated import Estimate
from screening.value import Value


class MechanismSite(Value):
    """A site: its place in the cell, ions held on average, mean time until a jump, vibration about it (rms)."""

    scaled: tuple[float, float, float]
    occupancy: float
    residence_ps: float | None
    vibration_A: float


class PairRate(Value):
    """One entry of the jump matrix: jumps from site to site, and their rate for an ion at the origin."""

    origin: int
    target: int
    distance_A: float
    jumps: int
    rate_per_ns: Estimate


class JumpType(Value):
    """Jumps of about one length.

    Attributes
    ----------
    distance_A, jumps
        Mean length and number.
    rate_per_ns
        Such jumps of one ion in a nanosecond.
    barrier_eV
        kT ln(attempt frequency / rate): the free energy of activation by transition-state theory in a harmonic well
        (G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957)).
    share_back
        Share of these jumps that the ion's next jump took back.
    """

    distance_A: float
    jumps: int
    rate_per_ns: Estimate
    barrier_eV: Estimate
    share_back: float | None


class NetworkSummary(Value):
    """Connected sites: 0 dimensions for a cage, up to 3 for a network that reaches from cell to cell."""

    dimensions: int
    sites: int
    directions: tuple[tuple[int, ...], ...]


class Mechanism(Value):
    """Sites, jumps and network of one run.

    Attributes
    ----------
    sites, rates, jump_types, networks
        See their classes; `rates` is the jump matrix, without its zeros.
    jumps
        Number of jumps.
    attempt_frequency_THz, vibration_A
        Of the mean harmonic well, and its root mean square displacement in three dimensions.
    dimensions
        Of the network of most dimensions.
    together
        Pairs of jumps of different ions within 1 ps and 4 A, over the number that chance gives; None for few jumps.
    """

    species: str
    temperature_K: float
    mobile_ions: int
    length_ps: float
    sites: tuple[MechanismSite, ...]
    jumps: int
    rates: tuple[PairRate, ...]
    jump_types: tuple[JumpType, ...]
    attempt_frequency_THz: float
    vibration_A: float
    networks: tuple[NetworkSummary, ...]
    dimensions: int
    together: float | None
    warnings: tuple[str, ...]
