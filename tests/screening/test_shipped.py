from importlib.resources import files

import pytest

from ewald.errors import StructureError
from screening.shipped import shipped_names, shipped_structure


@pytest.mark.parametrize("kind", ["mothers", "references", "ewald_cases"])
def test_every_shipped_structure_has_its_source_named(kind):
    sources = (files("screening") / "data" / "structures" / "SOURCES.md").read_text(encoding="utf-8")
    assert shipped_names(kind)
    for name in shipped_names(kind):
        assert f"**{name}.cif**" in sources


def test_a_shipped_structure_is_read():
    assert shipped_structure("references", "Na2S").composition.reduced_formula == "Na2S"


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(StructureError, match="Na2S"):
        shipped_structure("references", "Na3S7")
