"""Clusters against all that may be on their sites."""

import itertools

import numpy as np
from hypothesis import given, reject, settings

from ewald.search.exact.relaxation.clusters import Cluster, clusters
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.pair_orbits import PairOrbits
from tests.ewald.search.exact.choices import allowed, choices
from tests.ewald.search.exact.spaces import salt, spaces


def orbits_of(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    if problem.size == 0:
        reject()
    return problem, PairOrbits.of(problem, space.group.permutations, 10_000)


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_every_arrangement_is_one_of_the_choices_of_a_cluster(space):
    problem, orbits = orbits_of(space)
    one_hot = orbits.one_hot
    cluster = Cluster.of(orbits, orbits.sites[:4])
    listed = {row.tobytes() for row in cluster.chosen}
    for choice in choices(problem):
        if allowed(problem, choice):
            usual = np.array([not choice[problem.site == site].any() for site in orbits.sites])
            y = np.r_[choice.astype(bool), usual][cluster.variables]
            assert y.tobytes() in listed
    assert all(row.sum() == len(np.unique(one_hot.site[cluster.variables])) for row in cluster.chosen)


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_means_of_products_are_those_over_the_copies_of_a_choice(space):
    _, orbits = orbits_of(space)
    cluster = Cluster.of(orbits, orbits.sites[:4])
    own = [np.searchsorted(np.sort(cluster.variables), image) for image in orbits.images[:, cluster.variables]
           if set(image) == set(cluster.variables)]  # fmt: skip
    place = np.argsort(cluster.variables)
    for row, kind in zip(cluster.chosen, cluster.kind, strict=True):
        for members, mean in zip(cluster.pairs, cluster.mean, strict=True):
            products = [row[place[i[a]]] & row[place[i[b]]] for i in own for a, b in members]
            assert np.isclose(np.mean(products), mean[kind])


def test_clusters_of_a_crystal_are_different_small_and_around_every_kind_of_site():
    problem, orbits = orbits_of(salt(3))
    costs = np.zeros((orbits.one_hot.size,) * 2)
    costs[: problem.size, : problem.size] = problem.B_eV
    found = list(clusters(orbits, costs, 64))
    assert len(found) >= 2
    for cluster in found:
        assert 8 <= len(cluster.chosen) <= 64
    kinds = {int(orbits.single[v]) for cluster in found for v in cluster.variables}
    assert kinds == set(orbits.single.tolist())
    names = []
    for cluster in found:
        sites = orbits.row[cluster.variables]
        names.append(min(tuple(sorted(set(image[sites].tolist()))) for image in orbits.site_images))
    assert all(a != b for a, b in itertools.combinations(names, 2))
