"""A crystal structure for the page's own viewer: packed coordinates, drawn on a canvas and turned with the pointer."""

import base64
import json
import struct
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pymatgen.core import Element, Structure

from screening.report.html.markup import Markup, join, tag
from screening.report.html.palette import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION, YELLOW

STEPS = 65535
_ANION_FROM = 2.5
"""Pauling electronegativity."""
KINDS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""One letter per element; a page of hundreds of structures stays small so."""


def anions(structure: Structure) -> frozenset[str]:
    """Return the elements with negative oxidation states; without any states, the more electronegative ones."""
    charged = {site.specie.symbol: getattr(site.specie, "oxi_state", None) or 0.0 for site in structure}
    if any(charged.values()):
        return frozenset(symbol for symbol, charge in charged.items() if charge < 0)
    return frozenset(symbol for symbol in charged if (Element(symbol).X or 0.0) > _ANION_FROM)


def structure_view(structure: Structure, mobile: str, title: str, *, anions: Collection[str] = ()) -> Markup:
    """Return the viewer's element with its data, and a legend that names the colours.

    Parameters
    ----------
    structure
        What is shown.
    mobile
        Symbol of the mobile ion, which has no bonds.
    title
        Read aloud by screen readers.
    anions
        Symbols of the ions to which cations are bound; the polyhedra are those of anions around cations.
    """
    symbols = [site.specie.symbol for site in structure]
    elements = list(dict.fromkeys(symbols))
    entries = element_entries(elements, mobile, anions)
    data = {
        "cell": [[round(float(number), 4) for number in row] for row in structure.lattice.matrix],
        "elements": entries,
        "which": "".join(KINDS[elements.index(symbol)] for symbol in symbols),
        "packed": packed([list(site.frac_coords) for site in structure]),
    }
    names = [(entry["colour"], f"{entry['symbol']} ({symbols.count(entry['symbol'])})") for entry in entries]
    return viewer(data, title, _caption(entries), names)


def _caption(entries: Iterable[Mapping[str, Any]]) -> str:
    """Say how the view is moved and, where the host has cations and anions, how their bonds are drawn."""
    host = {entry["anion"] for entry in entries if not entry["mobile"]}
    bonds = " Bonds and polyhedra are drawn whole, across the border of the cell." if len(host) == 2 else ""
    return f"Drag to turn, scroll to zoom.{bonds}"


def viewer(data: Mapping[str, Any], title: str, text: str, names: Iterable[tuple[str, str]]) -> Markup:
    """Return the figure in which crystal.js draws a crystal.

    Parameters
    ----------
    data
        What is drawn, as crystal.js reads it.
    title
        Read aloud by screen readers.
    text
        Caption.
    names
        Colours and names of the legend.
    """
    legend = (tag("li", tag("span", "", class_="swatch", style=f"background:{colour}"), name) for colour, name in names)
    return tag(
        "figure",
        tag(
            "canvas",
            width=420,
            height=340,
            class_="crystal",
            data_crystal=json.dumps(data, separators=(",", ":")),
            role="img",
            aria_label=title,
            tabindex=0,
        ),
        tag("figcaption", text, tag("ul", join(*legend), class_="legend")),
    )


def element_entries(elements: list[str], mobile: str, anions: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return what the viewer knows of each element: colour, radius, and what it is bound to.

    Parameters
    ----------
    elements
        Symbols.
    mobile
        Symbol of the mobile ion.
    anions
        Symbols of the ions to which cations are bound.
    """
    colours = _colours(elements, mobile)
    return [
        {
            "symbol": symbol,
            "colour": colours[symbol],
            "radius": _radius(symbol, mobile),
            "mobile": symbol == mobile,
            "anion": symbol in anions,
        }
        for symbol in elements
    ]


def packed(fractions: list[list[float]]) -> str:
    """Pack fractional coordinates, folded into the cell, as 16-bit integers in base64: a few thousandths of an A."""
    numbers = [min(round(float(value % 1.0) * STEPS), STEPS) for row in fractions for value in row]
    return base64.b64encode(struct.pack(f"<{len(numbers)}H", *numbers)).decode("ascii")


def _radius(symbol: str, mobile: str) -> float:
    try:
        radius = float(Element(symbol).atomic_radius or 1.2)
    except (ValueError, TypeError):
        radius = 1.2
    return round(0.45 * radius if symbol == mobile else 0.55 * radius, 2)


def _colours(elements: list[str], mobile: str) -> dict[str, str]:
    """Give the mobile ion blue, chalcogens and halogens light colours, the others what is left of the palette."""
    light = {"S": YELLOW, "O": VERMILLION, "Se": ORANGE, "F": SKY, "Cl": GREEN}
    taken = {light.get(element) for element in elements}
    rest = (colour for colour in (PURPLE, VERMILLION, GREEN, ORANGE, SKY, GREY) if colour not in taken)
    chosen = {}
    for element in elements:
        chosen[element] = BLUE if element == mobile else light.get(element) or next(rest, GREY)
    return chosen
