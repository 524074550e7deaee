import numpy as np
import pytest

from benchmarks.pair_surrogate.__main__ import learn, recall
from benchmarks.pair_surrogate.fit import Features, fitted_weights
from ewald import ConfigurationSpace, Sublattice, screen
from ewald.pairs import PairModel
from ewald.search.brute_force import arrangements

TRUTH = PairModel.parse(
    {
        "permittivity": 12.0,
        "cutoff_A": 6.5,
        "terms": [
            {"between": ["W", "W"], "born_mayer": {"A_eV": 40, "rho_A": 0.9}},
            {"between": ["W", "Na"], "born_mayer": {"A_eV": 90, "rho_A": 0.5}},
            {"between": ["Sb", "Na"], "inverse_power": {"B_eV": 3, "n": 4}},
        ],
    }
)


def space(pairs=None):
    """W on Sb with vacancies on Na, small enough to write out."""
    grid = np.argwhere(np.ones((2, 2, 2))) / 2
    return ConfigurationSpace(
        np.diag([7.0, 7.2, 7.4]),
        np.concatenate([grid, grid + 0.25, [[0.1, 0.3, 0.4], [0.6, 0.2, 0.9]]]),
        (
            Sublattice("Sb", range(8), ("Sb5+", "W6+"), (5, 6), (6, 2)),
            Sublattice("Na", range(8, 16), ("Na+", "vacancy"), (1, 0), (6, 2)),
            Sublattice("X", (16, 17), ("X",), (-24,), (2,)),
        ),
        pairs=pairs,
    )


@pytest.fixture(scope="module")
def known():
    plain = space()
    occupations = np.array(list(arrangements(plain.form)))
    form = space(TRUTH).form
    return Features.of(plain, occupations), np.array([form.energy(one) for one in occupations]), occupations


def test_the_energy_that_is_searched_is_the_one_that_was_fitted(known):
    features, truth, occupations = known
    weights, _ = fitted_weights(features.values[::7], truth[::7])
    form = space(features.model(weights)).form
    searched = np.array([form.energy(one) for one in occupations[:40]])
    predicted = features.values[:40] @ weights
    assert searched - searched[0] == pytest.approx(predicted - predicted[0], abs=1e-7)


def test_energies_of_the_form_of_the_model_are_found_again(known):
    features, truth, _ = known
    weights, error_eV = fitted_weights(features.values[::5], truth[::5])
    predicted = features.values @ weights
    assert np.std(predicted - truth) < 0.02 * np.std(truth)
    assert error_eV < 0.05 * np.std(truth)


def test_leave_one_out_errors_are_those_of_fits_that_left_one_out(known):
    features, truth, _ = known
    generator = np.random.default_rng(4)
    some = generator.choice(len(truth), 30, replace=False)
    noisy = truth[some] + generator.normal(0, 0.3 * truth.std(), 30)
    _, error_eV = fitted_weights(features.values[some], noisy)
    missed = []
    for k in range(30):
        rest = np.delete(np.arange(30), k)
        weights, _ = fitted_weights(features.values[some][rest], noisy[rest])
        offset = (noisy[rest] - features.values[some][rest] @ weights).mean()
        missed.append(noisy[k] - offset - features.values[some][k] @ weights)
    # The penalty is chosen anew in each of them.
    assert error_eV == pytest.approx(np.sqrt(np.mean(np.square(missed))), rel=0.25)


def test_learning_ends_at_the_lowest_arrangement_which_a_search_proves(known):
    features, truth, occupations = known
    done, predicted = learn(features.values, truth, features.values[:, 0], keep=5)
    assert truth[done].min() == pytest.approx(truth.min(), abs=1e-6)
    assert len(done) < len(truth) / 4
    weights, _ = fitted_weights(features.values[done], truth[done])
    proven = screen(space(features.model(weights)), keep=1, method="exact")
    assert proven.certified
    lowest = predicted.min()
    best = next(k for k in np.argsort(predicted) if predicted[k] < lowest + 1e-6)
    assert proven.lowest[0].energy_eV == pytest.approx(
        space(features.model(weights)).form.energy(occupations[best]), abs=1e-6
    )


def test_recall_draws_ties_at_random():
    truth = np.array([0.0, 1.0, 2.0, 3.0])
    assert recall(np.zeros(4), truth, 1) == pytest.approx(0.25)
    assert recall(np.array([0, 0, 0, -1.0]), truth, 2) == pytest.approx(1 / 3)
    assert recall(np.array([0, 1, 2, 3.0]), truth, 1) == 1.0
    assert recall(np.array([3, 2, 1, 0.0]), truth, 3) == 0.0
