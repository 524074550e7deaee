import numpy as np
import pytest

from screening.prior.members import Members, out_of_bag

pytest.importorskip("sklearn")


def data(rng, count):
    shares = rng.dirichlet([1, 1, 1], count)
    return shares, shares @ np.array([-8.0, -4.0, -2.0])


def test_members_learn_and_are_apart_where_nothing_is_known():
    rng = np.random.default_rng(3)
    descriptors, values = data(rng, 200)
    members = Members(("Li", "P", "S"), 1).fit(descriptors, values)
    new, expected = data(rng, 100)
    middle, spread = members.predict(new)
    assert np.abs(middle - expected).mean() < 0.4
    assert (spread > 0).all()
    far = members.predict(np.array([[30.0, 0.0, 0.0]]))[1]
    assert far[0] > np.median(spread)


def test_the_same_seed_gives_the_same_members():
    descriptors, values = data(np.random.default_rng(4), 80)
    first, second = (Members(("Li", "P", "S"), 7).fit(descriptors, values).predict(descriptors)[0] for _ in range(2))
    assert np.array_equal(first, second)


def test_out_of_bag_predictions_do_not_know_their_own_value():
    rng = np.random.default_rng(5)
    noise = rng.normal(size=200)
    predicted = out_of_bag(rng.normal(size=(200, 4)), noise, 1)
    assert abs(np.corrcoef(predicted, noise)[0, 1]) < 0.25


def test_what_is_known_of_an_element_holds_for_its_neighbour_in_mendeleev_number():
    # Fast with Si and slow with La; Ge is beside Si, Sr far from both.
    elements = ("Si", "Ge", "La", "Sr")
    rng = np.random.default_rng(6)
    share = rng.uniform(0.2, 0.5, 60)
    with_si, with_la = np.zeros((60, 4)), np.zeros((60, 4))
    with_si[:, 0], with_la[:, 2] = share, share
    members = Members(elements, 1).fit(np.concatenate([with_si, with_la]), np.repeat([-3.0, -9.0], 60))
    similar = members._similar.predict(members._placed(np.array([[0, 0.3, 0, 0], [0, 0, 0, 0.3]])))
    assert similar[0] > -5
    assert abs(similar[1] + 6) < 0.2
