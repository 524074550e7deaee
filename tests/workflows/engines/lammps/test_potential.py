"""The user's lines, made for a cell."""

import pytest
from pymatgen.core import Structure

from ewald.errors import CampaignError
from workflows.engines.lammps.potential import IonTypes, charges_e, potential_lines
from workflows.engines.lammps.settings import LammpsSettings


def test_species_of_one_element_are_types_of_their_own(settings: LammpsSettings, magnetite: Structure):
    types = IonTypes.of(magnetite, settings)
    assert types.labels == ("O", "Fe2+", "Fe3+")
    assert types.elements == ("O", "Fe", "Fe")
    assert types.of_ion.tolist() == [3, 2, 3, 1, 1, 1, 1]
    assert charges_e(types, settings, neutral=True).tolist() == [-2, 2, 3]


def test_lines_take_types_in_order_and_leave_absent_ions_out(settings: LammpsSettings, magnetite: Structure):
    lines = potential_lines(IonTypes.of(magnetite, settings), settings)
    assert lines == [
        "pair_style buck/coul/long 10.0",
        "pair_coeff * * 0 0.3 0",
        "pair_coeff 1 2 725.7 0.33 0",
        "pair_coeff 1 3 1102.4 0.33 0",
        "kspace_style ewald 1e-6",
    ]


def test_elements_and_files_go_into_a_line(magnetite: Structure):
    settings = LammpsSettings(
        potential=("pair_style pace", "pair_coeff * * {model} {elements}"), files={"model": "/my data/FeO.yace"}
    )
    types = IonTypes.of(magnetite, settings)
    assert types.labels == ("O", "Fe")
    assert potential_lines(types, settings)[1] == 'pair_coeff * * "/my data/FeO.yace" O Fe'
    assert charges_e(types, settings, neutral=True).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"potential": ()}, "contains no potential"),
        ({"potential": ("pair_style morse 8", "pair_coeff * * {modell}")}, r"\{modell\} is neither an ion nor a file"),
        ({"charges": {"Fe2+": 2, "Fe3+": 3}}, "no charge of O"),
        ({"charges": {"Fe": 2, "O": -2}}, r"add up to -2.*hull"),
    ],
)
def test_what_does_not_fit_the_ions_is_told(settings, magnetite: Structure, changed: dict, message: str):
    settings = settings.model_copy(update=changed)
    if "Fe" in changed.get("charges", {}):
        settings = settings.model_copy(update={"potential": ("pair_style morse 8",)})
    types = IonTypes.of(magnetite, settings)
    made = charges_e if "charges" in changed else potential_lines
    with pytest.raises(CampaignError, match=message):
        made(types, settings)


def test_a_shared_site_is_refused(settings: LammpsSettings, magnetite: Structure):
    magnetite.replace_species({"O2-": {"O2-": 0.9}})
    with pytest.raises(CampaignError, match="ordered"):
        IonTypes.of(magnetite, settings)
