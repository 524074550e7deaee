"""Space groups by the names that files give them, as numbers in spglib's list of 530 settings (Hall numbers).

A. Togo, K. Shinohara, I. Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024).
"""

import re
import unicodedata
from functools import cache
from typing import Any

from ewald.io.crystals.cif_blocks import CifBlock

SYMBOL = "_symmetry_space_group_name_h-m"
_SYMBOLS = ("_space_group_name_h-m_alt", "_space_group_name_h-m_ref", SYMBOL, "_symmetry_space_group_name_h_m",
            "_space_group_name_h-m_full", "_space_group_name_h-m")  # fmt: skip
_NUMBERS = ("_space_group_it_number", "_symmetry_int_tables_number")
_HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_SCHOENFLIES = ("_space_group_name_schoenflies", "_symmetry_space_group_name_schoenflies")
_CODE = "_space_group_it_coordinate_system_code"
# "F d -3 m :2", "R -3 c H", "F d -3 m S", "F d -3 m (origin choice 2)" and "R -3 c (hex axes)".
_SETTING = re.compile(
    r"(?:\s*:\s*([12HRSZ])|\s+([HRSZ])|\s*[(,]?\s*origin(?:\s+(?:choice|at))?\s*([12])\s*\)?"
    r"|\s*[(,:]\s*(hex|rhomb)(?:agonal|ohedral)?[. ]*(?:axes|setting|cell)?\s*\)?)\s*$",
    re.IGNORECASE,
)
_TRAILING_NUMBER = re.compile(r"\s*(?:\(\s*(?:no\.?|#)?\s*\d{1,3}\s*\)|(?:no\.|#)\s*\d{1,3})\s*$", re.IGNORECASE)
_NAMES = {"S": "1", "Z": "2", "HEX": "H", "RHOMB": "R"}
ORIGINS_AND_AXES = frozenset({"1", "2", "H", "R"})


def symbol_of(block: CifBlock) -> str:
    """Return the Hermann-Mauguin symbol of a block without its setting; empty where it has none."""
    return _SETTING.sub("", _TRAILING_NUMBER.sub("", block.first(*_SYMBOLS))).strip()


def hall_symbol_of(block: CifBlock) -> str:
    """Return the Hall symbol of a block as it stands; empty where it has none."""
    return block.first(*_HALL)


def choice_of(block: CifBlock) -> str:
    """Return the origin (1, 2) or the axes (H, R) that a block says its group has; empty where it does not."""
    said = _SETTING.search(_TRAILING_NUMBER.sub("", block.first(*_SYMBOLS)))
    code = next((part for part in said.groups() if part), "") if said else block.first(_CODE)
    return _NAMES.get(code.upper(), code.upper())


def number_of(block: CifBlock) -> int | None:
    """Return the number of the group that a block gives, itself or by a Schoenflies symbol."""
    text = block.first(*_NUMBERS)
    if text.isdigit() and 1 <= int(text) <= 230:
        return int(text)
    return _by_schoenflies().get(_schoenflies(block.first(*_SCHOENFLIES)))


def settings_of(block: CifBlock) -> list[int]:
    """Return Hall numbers of the settings that a block may mean, the usual one first; none where it names no group.

    A Hall symbol goes before a Hermann-Mauguin symbol, and that before a number.
    """
    hall = _bare(hall_symbol_of(block))
    if hall in _by_hall_symbol():
        return [_by_hall_symbol()[hall]]
    named = _by_symbol().get(_plain(symbol_of(block)), [])
    if named:
        return _of_choice(named, choice_of(block))
    # A symbol that is not understood is another setting than the usual one of the number, or a mistake.
    number = None if symbol_of(block) or hall else number_of(block)
    if number is None:
        return []
    usual = [h for h, one in enumerate(types(), 1) if one.number == number]
    same = [h for h in usual if types()[h - 1].choice in ORIGINS_AND_AXES]
    return _of_choice(same or usual[:1], choice_of(block))


def _of_choice(halls: list[int], choice: str) -> list[int]:
    return [h for h in halls if types()[h - 1].choice == choice] or halls


@cache
def types() -> list[Any]:
    """Return spglib's description of every setting, that of Hall number 1 first."""
    import spglib

    return [spglib.get_spacegroup_type(hall) for hall in range(1, 531)]


def _bare(symbol: str) -> str:
    return re.sub(r"[\s_'\"]", "", symbol).lower()


def _plain(symbol: str) -> str:
    """Reduce a symbol to letters, digits, bars and slashes: ``P 2(1)/n``, ``P2₁/n`` and ``P2~1~/n`` are one."""
    text = unicodedata.normalize("NFKD", symbol)
    text = re.sub(r"(\d)[\u0305\u0304]", r"-\1", text)
    text = re.sub(r"[^A-Za-z0-9/-]", "", text).lower()
    return re.sub(r"(\d)-(?=[a-z/]|$)", r"-\1", text)


def _schoenflies(symbol: str) -> str:
    return re.sub(r"[^a-z0-9]", "", symbol.lower())


@cache
def _by_schoenflies() -> dict[str, int]:
    return {_schoenflies(one.schoenflies): one.number for one in types()}


@cache
def _by_hall_symbol() -> dict[str, int]:
    return {_bare(one.hall_symbol): hall for hall, one in enumerate(types(), 1)}


@cache
def _by_symbol() -> dict[str, list[int]]:
    """Hall numbers of every way to write a group; full and present symbols go before shortened and old ones."""
    found: dict[str, list[int]] = {}

    def add(name: str, hall: int) -> None:
        own = found.setdefault(_plain(name), [])
        if hall not in own:
            own.append(hall)

    for hall, one in enumerate(types(), 1):
        add(one.international_full, hall)
        if 3 <= one.number <= 15:
            # P 1 21/n 1 is P 21/n, whichever axis is the unique one.
            add(re.sub(r" 1(?= |$)", "", one.international_full), hall)
        else:
            for name in (one.international_short, *one.international.split("=")):
                add(name, hall)
    known = set(found)
    for hall, one in enumerate(types(), 1):
        for name in _older(one):
            if _plain(name) not in known:
                add(name, hall)
    return found


def _older(one: Any) -> list[str]:
    """Symbols of other times and programs for a setting."""
    short = one.international_short
    names = [re.sub(r"-3(?=[mcnd]|$)", "3", short)] if one.number >= 200 else []  # m3m
    if one.number in {39, 41, 64, 67, 68}:
        names += [short.replace("e", glide) for glide in "abc"]  # Cmca
    if short.startswith("R") and one.choice == "H":
        names.append(f"H{short[1:]}")
    return names
