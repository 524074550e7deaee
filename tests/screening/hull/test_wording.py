"""What a hull record says in sentences; a bound is called one, and what is unknown is not decided."""

import pytest

from screening.hull.conduction import Conduction, ProductConduction
from screening.hull.result import ElectrodeReaction, HullRecord
from screening.hull.wording import _window_phrase, electrode_sentences, hull_place, passivation_phrase, reaction_phrase

NA2S = ProductConduction(formula="Na2S", conduction=Conduction.INSULATES, basis="gap 2.4 eV")
NA3SB = ProductConduction(formula="Na3Sb", conduction=Conduction.CONDUCTS, basis="gap 0.4 eV")
DOUBT = ProductConduction(formula="X", conduction=Conduction.DOUBTFUL, basis="no gap known")


def record(**changes):
    values = {
        "candidate_id": "a", "hull_energy_meV_per_atom": 1.0, "formation_energy_eV_per_atom": None, "decomposition": {},
        "reaction": "",
    }  # fmt: skip
    return HullRecord(**(values | changes))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (None, 2.0, ""),
        (1.0, None, ""),
        (1.0, 1.004, "no window"),
        (1.0, 0.5, "no window"),
        (1.2, 2.1, "1.2"),
    ],
)
def test_windows(low, high, said):
    phrase = _window_phrase(record(window_low_V=low, window_high_V=high))
    assert said in phrase
    assert bool(said) == bool(phrase)
    assert ("V against the alkali metal" in phrase) == (high == 2.1)


@pytest.mark.parametrize(
    ("passivates", "said", "named", "silent"),
    [
        (True, ": passivating,", "Na2S", None),
        (False, "electrons pass through", "Na3Sb ", "Na2S insulat"),
        (None, ": unclear whether the layer passivates", "X ", "Na2S insulat"),
    ],
)
def test_the_product_that_decides_is_named(passivates, said, named, silent):
    phrase = passivation_phrase(
        record(
            products_at_metal=("Na2S", "Na3Sb", "X"),
            passivates_metal=passivates,
            product_conduction=(NA2S, NA3SB, DOUBT),
        )
    )
    assert phrase.startswith("Na2S + Na3Sb + X: ")
    assert said in phrase
    reasons = phrase.partition("(")[2]
    assert named in reasons
    assert silent is None or silent not in reasons


def test_products_of_which_nothing_is_known():
    assert "nothing is known" in passivation_phrase(record(products_at_metal=("Q",), passivates_metal=None))


def reaction(energy, **changes):
    return ElectrodeReaction(partner="NaCrO2", energy_meV_per_atom=energy, **changes)


def test_reactions():
    assert reaction_phrase(reaction(None, missing_systems=("Cr-S",))) == "unknown: no reference phase of Cr-S"
    assert reaction_phrase(reaction(-0.49)) == "none: both coexist"
    assert reaction_phrase(reaction(-0.51)) != "none: both coexist"
    full = reaction_phrase(reaction(-120.0, electrolyte_share=0.25, reaction="a -> b", partner_on_hull=True))
    assert full.startswith("-120 meV/atom where 25% of the atoms are electrolyte: a -> b")
    assert full.endswith("lower bound: NaCrO2 is not among the references and counts with the energy of the hull")


def test_only_the_first_missing_systems_are_named():
    def phrase(systems):
        return reaction_phrase(reaction(-120.0, missing_systems=tuple(systems)))

    assert phrase("") == "-120 meV/atom"
    withheld = "the reaction is withheld, competing phases are missing"
    assert phrase("AB") == f"-120 meV/atom or more negative; {withheld} (no reference phase of A, B)"
    assert phrase("ABCD").endswith("of A, B, C, D)")
    assert phrase("ABCDEF").endswith("of A, B, C, D and 2 more)")


def test_nothing_is_said_where_nothing_was_computed():
    assert list(electrode_sentences(record())) == []
    told = dict(electrode_sentences(record(window_low_V=1.2, window_high_V=2.1, electrode_reactions=(reaction(-5.0),))))
    assert told["Reduction below it"] == "none down to 0 V"
    assert list(told)[-1] == "Reaction with NaCrO2"


def test_a_phase_below_the_hull_of_all_others_is_not_above_it():
    below = record(hull_energy_meV_per_atom=-2.8)
    assert hull_place(record()) == "1 meV/atom above the hull"
    assert hull_place(below) == "2.8 meV/atom below the hull of the other phases"
    bound = below.model_copy(update={"missing_systems": ("Na-W",)})
    assert hull_place(bound) == f"at most {hull_place(below)}"
