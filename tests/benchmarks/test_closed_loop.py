import numpy as np
import pytest

from benchmarks.closed_loop import __main__ as main
from benchmarks.closed_loop.landscapes import doped_formulas, finished, made_up
from benchmarks.closed_loop.replay import Outcome, hours_of_all, replay


def test_the_formulas_are_neutral_and_different():
    from screening.prior.measured import composition_of_formula

    formulas = doped_formulas()
    assert len(set(formulas)) == len(formulas) > 150
    charges = {"Na": 1, "Sb": 5, "P": 5, "As": 5, "W": 6, "Mo": 6, "Sn": 4, "Ge": 4, "Si": 4, "Ti": 4, "Zr": 4, "Ta": 5,
               "Nb": 5, "V": 5, "S": -2, "Cl": -1, "Br": -1, "I": -1}  # fmt: skip
    for formula in formulas:
        total = sum(charges[symbol] * amount for symbol, amount in composition_of_formula(formula).items())
        assert total == pytest.approx(0, abs=1e-3), formula


def test_computing_everything_costs_everything():
    outcome = replay(made_up(3), "all", 3, found_share=1.0)
    # The noise of short MD lets some go on that are too slow in truth.
    assert outcome.hours == pytest.approx(1, abs=0.05)
    assert outcome.evaluations == 1


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    state, made = tmp_path / "replays.jsonl", []
    monkeypatch.setattr(main, "replay", lambda landscape, *_, **__: made.append(landscape) or Outcome(0.5, 0.5, 0.5))
    list(main.replayed(lambda seed: seed, "made up/ptr/4", range(2), state))
    assert len(list(main.replayed(lambda seed: seed, "made up/ptr/4", range(4), state))) == 4
    assert made == [0, 1, 2, 3]
    assert not list(main.replayed(lambda seed: seed, "made up/ptr/1", range(0), state))


def test_a_finished_campaign_is_replayed_with_what_it_found():
    landscape = finished(None, 1)
    assert len(landscape.descriptors) == 4
    assert landscape.conductors.sum() == 3


def test_a_strategy_finds_the_best_sooner_than_the_order_of_the_list():
    pairs = [(replay(made_up(s, prior_error=0.7), "ptr", s), replay(made_up(s), "random", s)) for s in range(3)]
    chosen, random = (np.mean([outcome.evaluations for outcome in part]) for part in zip(*pairs, strict=True))
    assert chosen < 0.7 * random


def test_the_best_are_near_the_hull():
    landscape = made_up(1)
    assert len(landscape.best()) == round(0.1 * len(landscape.descriptors))
    assert all(landscape.hull_meV_per_atom[index] <= 100 for index in landscape.best())
    assert hours_of_all(landscape) > 10 * len(landscape.descriptors)
