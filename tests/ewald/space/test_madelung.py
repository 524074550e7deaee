"""Madelung constants to ten digits: from the literature, from a formula of another kind, and from the matrix."""

import itertools
import math

import mpmath
import numpy as np
import pytest

from ewald.constants import COULOMB_eV_A
from ewald.space.matrix import ewald_matrix

# Madelung constant per formula unit, in units of e^2 over the nearest distance. The digits are those of
# - rock salt: OEIS A085469; caesium chloride: OEIS A181152 (there with the programs that make a hundred digits);
# - zincblende: Y. Sakamoto, J. Chem. Phys. 28, 164 (1958), 1.63805505338879;
# - wurtzite with ideal axes: the same, 1.64132162737;
# - fluorite: 2 of caesium chloride and sqrt(3)/2 of rock salt. The 2 and 0 on alternate cubes of F- are 1 on every
#   cube, a CsCl lattice, and 1 and -1 in turn, a rock salt lattice; cross terms cancel. Zincblende splits up likewise.
# None is taken on trust: `by_planes` computes each of them in a way that shares nothing with an Ewald sum.
LITERATURE = {
    "rock salt": 1.74756459463318,
    "caesium chloride": 1.76267477307099,
    "zincblende": 1.63805505338879,
    "wurtzite": 1.64132162737,
    "fluorite": 5.03878487984857,
}

FCC = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
ROOT_8_3 = math.sqrt(8 / 3)


def shifted(sites, by):
    return [list(np.add(site, by)) for site in sites]


# name: lattice, coordinates, charges, formula units, nearest distance.
CELLS = {
    "rock salt": (np.eye(3), FCC + shifted(FCC, [0.5, 0, 0]), [1] * 4 + [-1] * 4, 4, 0.5),
    "caesium chloride": (np.eye(3), [[0, 0, 0], [0.5] * 3], [1, -1], 1, math.sqrt(3) / 2),
    "zincblende": (np.eye(3), FCC + shifted(FCC, [0.25] * 3), [1] * 4 + [-1] * 4, 4, math.sqrt(3) / 4),
    "wurtzite": (
        [[1, 0, 0], [-0.5, math.sqrt(0.75), 0], [0, 0, ROOT_8_3]],
        [[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5], [1 / 3, 2 / 3, 3 / 8], [2 / 3, 1 / 3, 7 / 8]],
        [1, 1, -1, -1],
        2,
        3 / 8 * ROOT_8_3,
    ),
    "fluorite": (
        np.eye(3),
        FCC + shifted(FCC, [0.25] * 3) + shifted(FCC, [0.75] * 3),
        [2] * 4 + [-1] * 8,
        4,
        math.sqrt(3) / 4,
    ),
}

# The same crystals as stacks of hexagonal nets of side 1: the cubic ones along [111], wurtzite along its axis. Period
# of the stack; planes as (height in parts of the period, lateral shift 0, 1 or 2 thirds of the long diagonal of the
# net's cell, charge); formula units in one net cell and period; nearest distance.
SIDE = {"fcc": 1 / math.sqrt(2), "cubic": math.sqrt(2)}  # side of the net over the cubic lattice constant


def cubic_stack(kind, ions):
    """Planes of a cubic crystal along [111]: for each ion its place on the body diagonal (in its parts), and charge."""
    period = math.sqrt(3) / SIDE[kind]
    copies = [(k / 3, k) for k in range(3)]
    # The lattice vector that leads one plane up is a third of the body diagonal and a third of the net's diagonal.
    planes = [((place + height) % 1.0, third, q) for place, q in ions for height, third in copies]
    return period, planes


def stack(name):
    if name == "wurtzite":
        return ROOT_8_3, [(0, 1, 1), (1 / 2, 2, 1), (3 / 8, 1, -1), (7 / 8, 2, -1)], 2, 3 / 8 * ROOT_8_3
    kind, ions, distance = {
        "rock salt": ("fcc", [(0, 1), (1 / 2, -1)], 1 / 2),
        "caesium chloride": ("cubic", [(0, 1), (1 / 2, -1)], math.sqrt(3) / 2),
        "zincblende": ("fcc", [(0, 1), (1 / 4, -1)], math.sqrt(3) / 4),
        "fluorite": ("fcc", [(0, 2), (1 / 4, -1), (3 / 4, -1)], math.sqrt(3) / 4),
    }[name]
    period, planes = cubic_stack(kind, ions)
    return period, planes, 3, distance / SIDE[kind]


def hexagonal_waves(longest):
    """Reciprocal vectors of the hexagonal net of side 1, as lengths and as phases per third of its long diagonal."""
    reach = math.ceil(longest / (2 * math.pi)) + 1
    lengths, thirds = [], []
    for h, k in itertools.product(range(-2 * reach, 2 * reach + 1), repeat=2):
        length = 4 * math.pi / math.sqrt(3) * math.sqrt(h * h + k * k + h * k)
        if 0 < length <= longest:
            lengths.append(length)
            thirds.append((h + 2 * k) % 3)
    return np.array(lengths), np.array(thirds)


def by_planes(name):
    """Sum plane by plane.

    A plane acts on another with 2 pi / (area G) exp(-G |z|) cos(G . shift) for each of its waves G, and these decay
    within few planes; its images above and below make geometric series. What the planes' mean charges do is the
    one-dimensional problem of charged sheets. A plane acts on its own ions with the net's zeta function, continued
    to r^-1: 6 zeta(1/2) L(1/2), L the Dirichlet series of the character modulo 3 (M. L. Glasser and I. J. Zucker,
    Theor. Chem. Adv. Perspect. 5, 67 (1980)).
    """
    period, planes, formulas, distance = stack(name)
    half, third = mpmath.mpf(1) / 2, mpmath.mpf(1) / 3
    character = (mpmath.zeta(half, third) - mpmath.zeta(half, 2 * third)) / mpmath.sqrt(3)
    own_plane = float(6 * mpmath.zeta(half) * character)
    area = math.sqrt(3) / 2
    lengths, thirds = hexagonal_waves(longest=36 / (period / 12))
    terms = []
    for (z1, s1, q1), (z2, s2, q2) in itertools.product(planes, repeat=2):
        z = abs(z1 - z2) * period
        phases = np.cos(2 * math.pi / 3 * thirds * (s1 - s2))
        decays = np.exp(-lengths * (period - z)) + (np.exp(-lengths * z) if z else np.exp(-lengths * period))
        waves = 2 * math.pi / (area * lengths) * phases * decays / -np.expm1(-lengths * period)
        sheets = -2 * math.pi / area * (z - z * z / period - period / 6)
        terms += [0.5 * q1 * q2 * value for value in (*waves, sheets, own_plane if z == 0 else 0.0)]
    return -math.fsum(terms) * distance / formulas


@pytest.mark.parametrize("name", LITERATURE)
def test_the_literature_agrees_with_a_sum_over_planes(name):
    assert by_planes(name) == pytest.approx(LITERATURE[name], abs=2e-11)


@pytest.mark.parametrize("name", LITERATURE)
def test_the_matrix_gives_ten_digits(name):
    lattice, coords, charges, formulas, distance = CELLS[name]
    q = np.array(charges, dtype=float)
    energy = 0.5 * q @ ewald_matrix(np.array(lattice), np.array(coords)) @ q / COULOMB_eV_A
    assert -energy * distance / formulas == pytest.approx(LITERATURE[name], abs=5e-11)


def test_zincblende_and_fluorite_are_made_of_the_other_two():
    cubes, alternation = LITERATURE["caesium chloride"], math.sqrt(3) / 2 * LITERATURE["rock salt"]
    assert LITERATURE["zincblende"] == pytest.approx((cubes + alternation) / 2, abs=1e-13)
    assert LITERATURE["fluorite"] == pytest.approx(2 * cubes + alternation, abs=1e-13)
