"""A campaign whose two compositions have one formula and share arrangements, though their spaces differ."""

from pathlib import Path

from pymatgen.core import Structure

from screening.shipped import shipped_structure
from tests.toy_campaign import TOY


def overlapping(folder: Path) -> dict:
    """Write the mother, with half of its S labelled apart, and return the campaign: Cl- on any S, and on that half."""
    path = folder / "labelled.cif"
    cif = shipped_structure("mothers", "Na3SbS4_tet_derived")
    mother = cif if isinstance(cif, Structure) else Structure.from_file(cif)
    lines, seen = [], 0
    for line in str(mother.to(fmt="cif")).splitlines():
        words = line.split()
        if len(words) > 6 and words[0] == "S2-":
            words[1] = f"Sa{seen}" if seen < 4 else f"Sb{seen}"
            seen += 1
        lines.append("  ".join(words) if len(words) > 6 else line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    half = "S@Sa0,Sa1,Sa2,Sa3"
    doping = {"dopants": ["Cl-"], "compensation": ["vacancy"]}
    return {
        **TOY,
        "mothers": [{"structure": str(path), "name": "Na3SbS4", "mobile": "Na"}],
        "doping": [{"site": "S", "levels": ["1/8"], **doping}, {"site": half, "levels": ["1/4"], **doping}],
    }
