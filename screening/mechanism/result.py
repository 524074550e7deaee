"""What is known of how the ions move, as stored and printed."""

from screening.estimated import Estimate
from screening.value import Value


class MechanismSite(Value):
    """A site: its place in the cell, ions held on average, mean time until a jump, vibration about it (rms).

    Attributes
    ----------
    scaled
        Place in the cell, fractional coordinates.
    occupancy
        Ions on the site, averaged over the run.
    residence_ps
        Mean time until an ion leaves; None where none left.
    vibration_A
        Root mean square displacement about the site.
    """

    scaled: tuple[float, float, float]
    occupancy: float
    residence_ps: float | None
    vibration_A: float


class PairRate(Value):
    """One entry of the jump matrix: jumps from site to site, and their rate for an ion at the origin.

    Attributes
    ----------
    origin, target
        Numbers of the two sites.
    distance_A
        Between the sites.
    jumps
        Jumps from origin to target in the run.
    rate_per_ns
        Jumps in a nanosecond for an ion at the origin, with its 95 % interval.
    """

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
    shortest_A, longest_A
        Between these are nine in ten of the lengths.
    vibrational
        Whether they are motion within one place: they come within five periods of vibration, and their sites are nearer
        than two mobile ions come.
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
    shortest_A: float | None = None
    longest_A: float | None = None
    vibrational: bool = False


class RadialDistribution(Value):
    """Radial distribution function of two elements.

    Attributes
    ----------
    elements
        The central one and its neighbour.
    r_A, g
        Distances, and the density of neighbours there over the mean density.
    peak_A, shell_A, neighbours
        First maximum, the minimum behind it, and neighbours within that; None without a maximum.
    """

    elements: tuple[str, str]
    r_A: tuple[float, ...]
    g: tuple[float, ...]
    peak_A: float | None
    shell_A: float | None
    neighbours: float | None

    def around(self, element: str, ions: dict[str, int]) -> float | None:
        """Return the neighbours in the first shell of one of the two elements, of which there are so many ions."""
        if self.neighbours is None or element == self.elements[0]:
            return self.neighbours
        return self.neighbours * ions[self.elements[0]] / ions[self.elements[1]]


class VanHove(Value):
    """Van Hove correlation function of the mobile ions.

    Attributes
    ----------
    lag_ps, r_A
        Times and distances.
    self_per_A
        For each time the probability, by distance in A, that an ion has moved so far: 4 pi r^2 G_s(r, t).
    distinct
        For each time the density of other ions at this distance from where an ion was, over the mean density:
        G_d(r, t); at r = 0 it rises as others take the ion's place.
    """

    lag_ps: tuple[float, ...]
    r_A: tuple[float, ...]
    self_per_A: tuple[tuple[float, ...], ...]
    distinct: tuple[tuple[float, ...], ...]


class ElementMotion(Value):
    """How the ions of one element move, relative to the host.

    Attributes
    ----------
    lag_ps, msd_A2
        Mean squared displacement by lag time.
    along_A2
        Its parts along the directions of the cell's three vectors; they add up to it where these are at right angles.
    from_mean_A
        Root mean square distance from the mean positions, in three dimensions: the vibration of an ion that stays.
    """

    element: str
    ions: int
    lag_ps: tuple[float, ...]
    msd_A2: tuple[float, ...]
    along_A2: tuple[tuple[float, ...], ...]
    from_mean_A: float


class DensityMap(Value):
    """Density of the mobile ion on a coarse grid, and the host around it: what the report draws.

    Attributes
    ----------
    cell_A
        Rows are the vectors.
    shape
        Points along each vector, the first of them half a step from the corner.
    packed
        One byte for each point, in base64: 255 times the root of the density over its maximum.
    levels
        Bytes at which surfaces enclose the shares :data:`screening.mechanism.density_map.SHARES` of the ion's time.
    host, places
        Element of every other ion, and its mean position in units of the cell.
    """

    cell_A: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    shape: tuple[int, int, int]
    packed: str
    levels: tuple[float, ...]
    host: tuple[str, ...]
    places: tuple[tuple[float, float, float], ...]


class NetworkSummary(Value):
    """Connected sites: 0 dimensions for a cage, up to 3 for a network that reaches from cell to cell.

    Attributes
    ----------
    dimensions
        Directions in which the network goes on for ever: 0 to 3.
    sites
        Number of sites in it.
    directions
        Lattice vectors along which it repeats.
    """

    dimensions: int
    sites: int
    directions: tuple[tuple[int, ...], ...]


class Mechanism(Value):
    """Sites, jumps and network of one run.

    Attributes
    ----------
    species, mobile_ions
        The mobile element, and its number of ions.
    temperature_K, length_ps
        Temperature of the run, and the time analysed.
    warnings
        What limits the result.
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
    minima
        Maxima of the density, of which some were joined to one site, see :mod:`screening.mechanism.split`.
    radial, van_hove, elements
        Radial distribution functions, van Hove function of the mobile ions, and the motion of every element.
    density
        For drawings; None in results of earlier versions.
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
    minima: int | None = None
    radial: tuple[RadialDistribution, ...] = ()
    van_hove: VanHove | None = None
    elements: tuple[ElementMotion, ...] = ()
    density: DensityMap | None = None
