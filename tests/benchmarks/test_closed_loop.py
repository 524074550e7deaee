import numpy as np
import pytest

from benchmarks.closed_loop.landscapes import doped_formulas, made_up
from benchmarks.closed_loop.replay import hours_of_all, replay


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
    assert outcome.hours <= 1.02
    assert outcome.evaluations > 0.5


def test_a_strategy_finds_the_best_sooner_than_the_order_of_the_list():
    pairs = [(replay(made_up(s, prior_error=0.7), "ptr", s), replay(made_up(s), "random", s)) for s in range(3)]
    chosen, random = (np.mean([outcome.evaluations for outcome in part]) for part in zip(*pairs, strict=True))
    assert chosen < 0.7 * random


def test_the_best_are_near_the_hull():
    landscape = made_up(1)
    assert len(landscape.best()) == round(0.1 * len(landscape.descriptors))
    assert all(landscape.hull_meV_per_atom[index] <= 100 for index in landscape.best())
    assert hours_of_all(landscape) > 10 * len(landscape.descriptors)
