"""Every shipped halide is what SOURCES.md says: space group, density, and bonds of the length of the ions' radii."""

import re
from importlib.resources import files

import pytest
from pymatgen.core import Composition, Element, Species
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from screening.shipped import shipped_names, shipped_structure

HALOGENS = {"F", "Cl", "Br", "I"}
LINE = re.compile(
    r"- \*\*(.+?)\.cif\*\* (\S+), (\S+) \((\d+)\), (\d+) sites, dens ([\d.]+); source: (.+?); licence: (.+?);"
)


def sources():
    text = (files("screening") / "data" / "structures" / "SOURCES.md").read_text(encoding="utf-8")
    return {match[1]: match for match in map(LINE.match, text.splitlines()) if match}


SOURCES = sources()
HALIDES = [
    name
    for name in shipped_names("references")
    if not name.startswith("el_")
    and len(elements := {e.symbol for e in Composition(SOURCES[name][2]).elements}) > 1
    and elements & HALOGENS
    and not elements & {"O", "S"}
]


def test_the_halides_that_electrolytes_need_are_there():
    binary = "LiF LiCl LiBr LiI NaF NaCl NaBr NaI MgCl2 CaCl2 AlCl3 YCl3 YBr3 YI3 InCl3 ErCl3 ErI3 ScCl3 ZrCl4 HfCl4"
    ternary = "Li3YCl6 Li3InCl6 Li3ErCl6 Li3ErI6 Li3ScCl6 Li3YBr6 Li2ZrCl6 Na3YCl6 Na3ErCl6 Na2ZrCl6 LiAlCl4 NaAlCl4"
    assert set(HALIDES) >= set(f"{binary} {ternary}".split())


@pytest.mark.parametrize("name", HALIDES)
def test_space_group_and_density_are_those_written_beside_it(name):
    structure = shipped_structure("references", name)
    _, _, _, number, sites, density, source, licence = (SOURCES[name][k] for k in range(1, 9))
    assert SpacegroupAnalyzer(structure, symprec=0.05).get_space_group_number() == int(number)
    assert len(structure) == int(sites)
    assert structure.density == pytest.approx(float(density), abs=0.002)
    assert source
    assert licence


def radius(symbol, charge, coordination):
    """Shannon's radius at the nearest coordination that is tabulated."""
    table = Element(symbol).data["Shannon radii"][str(charge)]
    numerals = {"IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XII": 12}
    nearest = min((n for n in table if n in numerals), key=lambda n: abs(numerals[n] - coordination))
    spins = table[nearest]
    return max(entry["ionic_radius"] for entry in spins.values())


def cations(structure):
    """The cations with their charges, where the charges are whole numbers."""
    guesses = structure.composition.oxi_state_guesses(max_sites=-1)
    if not guesses:
        return {}
    states = {symbol: state for symbol, state in guesses[0].items() if symbol not in HALOGENS}
    return {
        s: int(q)
        for s, q in states.items()
        if float(q).is_integer() and str(int(q)) in Element(s).data["Shannon radii"]
    }


#: Clusters of metals, whose charges are averages, and lone pairs, whose bonds are not of one length.
NOT_IONIC = {
    *("Y2Cl3", "Y2Br3", "NaCl3", "ZrCl2", "ZrCl3", "ZrBr3", "ZrI2", "ZrI3", "GaCl2", "TiCl2", "MoCl3", "PBr5", "PBr3"),
    *("InCl", "InBr", "InI", "InCl2", "InBr2", "InI2", "SnCl2", "SnBr2", "SnI2"),
}


@pytest.mark.parametrize("name", [name for name in HALIDES if name not in NOT_IONIC])
def test_bonds_have_the_length_of_the_ions_radii(name):
    structure = shipped_structure("references", name)
    halogen = next(e.symbol for e in structure.elements if e.symbol in HALOGENS)
    judged = 0
    for symbol, charge in cations(structure).items():
        for site in structure:
            if site.specie.symbol != symbol:
                continue
            distances = sorted(n.nn_distance for n in structure.get_neighbors(site, 4.5) if n.specie.symbol == halogen)
            bonds = [d for d in distances if d < 1.25 * distances[0]]
            expected = radius(symbol, charge, len(bonds)) + Species(halogen, -1).ionic_radius
            # Iodides and small, highly charged cations have bonds up to a sixth shorter than the radii say.
            assert 0.84 < distances[0] / expected < 1.10, (symbol, distances[0], expected)
            judged += 1
    assert judged
