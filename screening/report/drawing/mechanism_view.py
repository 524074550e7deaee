"""Density and jumps of the mobile ion in the page's viewer of structures."""

import numpy as np

from screening.mechanism.density_map import SHARES
from screening.mechanism.result import Mechanism
from screening.report.drawing.structure_view import KINDS, element_entries, packed, viewer
from screening.report.html.markup import Markup
from screening.report.html.palette import BLUE
from screening.species import split_species

LEAST_JUMPS = 2
"""A way that was taken once is not drawn, as it is no part of the network."""

_HOST_RADIUS = 0.6
"""Of the radius that the ions of the host have in drawings of the structure."""


def mechanism_view(found: Mechanism) -> Markup | None:
    """Return the viewer's element with surfaces of equal density and the network of jumps; None without a density."""
    if found.density is None:
        return None
    mobile = split_species(found.species)[0]
    elements = list(dict.fromkeys(found.density.host))
    entries = [entry | {"radius": _HOST_RADIUS * entry["radius"]} for entry in element_entries(elements, mobile)]
    data = {
        "cell": found.density.cell_A,
        "elements": entries,
        "which": "".join(KINDS[elements.index(symbol)] for symbol in found.density.host),
        "packed": packed([list(place) for place in found.density.places]),
        "density": {
            "shape": found.density.shape,
            "packed": found.density.packed,
            "levels": found.density.levels,
            "colour": BLUE,
        },
        "links": links(found),
    }
    swatches = [(entry["colour"], entry["symbol"]) for entry in entries]
    inner, outer = SHARES
    text = (
        f"Surfaces around the places where {mobile} is {inner:.0%} (dark) and {outer:.0%} (light) of its time; lines "
        f"for jumps that were made at least {LEAST_JUMPS} times, thicker the more often. Drag to turn, scroll to zoom. "
    )
    names = [(BLUE, f"density of {mobile}"), ("currentColor", "jumps"), *swatches]
    return viewer(data, f"Density and jumps of {mobile}", text, names)


def links(found: Mechanism) -> list[list[float]]:
    """Return the ways of jumps: start and vector in units of the cell, and the number of jumps in both directions."""
    jumps: dict[tuple[int, int], int] = {}
    for rate in found.rates:
        pair = (min(rate.origin, rate.target), max(rate.origin, rate.target))
        jumps[pair] = jumps.get(pair, 0) + rate.jumps
    places = np.array([site.scaled for site in found.sites])
    drawn = []
    for (a, b), count in jumps.items():
        if count >= LEAST_JUMPS and a != b:
            apart = places[b] - places[a]
            drawn.append([*places[a].round(3).tolist(), *(apart - np.round(apart)).round(3).tolist(), count])
    return drawn
