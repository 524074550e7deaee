"""An arrangement that goes on to relaxation: the unit that every later stage decides about."""

import re
from collections import Counter

from ewald.ions import element_of, ion_name
from screening.value import CrystalStructure, Value


class Candidate(Value):
    """One low-energy arrangement of one composition, in the supercell of its mother.

    Attributes
    ----------
    id
        Readable and unique within a campaign: composition id, then ``_a<rank>``.
    composition_id, mother, formula
        Where it comes from; the formula is the reduced one.
    rank
        1 for the lowest Ewald energy of its composition.
    ewald_energy_eV
        Ewald energy of the whole supercell in eV.
    multiplicity
        Symmetry copies of this arrangement in the parent supercell; an exact integer, kept as text because it can
        exceed what a database stores.
    certified
        Whether the Ewald screen proved that nothing lower was missed.
    structure
        Ordered supercell, oxidation-state decorated.
    mobile
        The mobile element.
    """

    id: str
    composition_id: str
    mother: str
    formula: str
    rank: int
    ewald_energy_eV: float
    multiplicity: str
    certified: bool
    structure: CrystalStructure
    mobile: str

    @property
    def mobile_ion(self) -> str:
        """The mobile ion with its charge (`Cu+`), as in the structure; of several charges the most frequent."""
        found = Counter(site.specie for site in self.structure if element_of(site.specie) == self.mobile)
        species = found.most_common(1)[0][0] if found else None
        charge = getattr(species, "oxi_state", None)
        return self.mobile if charge is None else ion_name(self.mobile, charge)


def candidate_id(composition_id: str, rank: int | str) -> str:
    """Name of a candidate; all those of a composition begin as the one with an empty rank.

    Examples
    --------
    >>> candidate_id("Na3SbS4-undoped", 1)
    'Na3SbS4-undoped_a1'
    """
    return f"{composition_id}_a{rank}"


def composition_of(candidate: str) -> str:
    """Name of the composition that a candidate's name begins with; a name without a rank is returned as it is.

    Examples
    --------
    >>> composition_of("Na3SbS4-undoped_a12")
    'Na3SbS4-undoped'
    """
    return re.sub(r"_a\d+$", "", candidate)
