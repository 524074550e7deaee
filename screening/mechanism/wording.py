"""The mechanism of one run in words, as the terminal and the report say it."""

from ewald.numbers import significant
from screening.estimated import Estimate
from screening.mechanism.result import JumpType, Mechanism
from screening.mechanism.split import VIBRATIONS
from screening.species import split_species

_OVERFULL = 1.1
"""A site that holds more ions than this on average is several."""


def mechanism_lines(found: Mechanism) -> list[tuple[str, str]]:
    """Return what is known, as pairs of a label and a text."""
    occupied = [site.occupancy for site in found.sites]
    sites = f"{len(found.sites)}, occupancy {min(occupied):.2f} to {max(occupied):.2f}"
    if found.minima is not None and found.minima > len(found.sites):
        sites += (
            f"; {found.minima} maxima of the density, of which those joined hold one ion and exchange it within "
            f"{VIBRATIONS:g} vibrations"
        )
    if max(occupied) > _OVERFULL:
        sites += "; some hold more than one ion: sites are missing, and rates and barriers are those of groups of sites"
    attempt = significant(found.attempt_frequency_THz, 2)
    lines = [
        ("sites", sites),
        ("vibration", f"{found.vibration_A:.2f} A (rms), attempt frequency {attempt} THz"),
        ("jumps", str(found.jumps)),
        *(_jump_line(kind) for kind in found.jump_types),
        ("network", network_words(found)),
    ]
    if found.together is not None:
        lines.append(("concerted", f"{found.together:.2f} times as many concerted jumps as expected by chance"))
    return [*lines, *_shell_lines(found), *_motion_lines(found)]


def network_words(found: Mechanism) -> str:
    """Say in how many dimensions the network reaches, or that there is none without jumps."""
    if not found.jumps:
        return "none: no ion jumped from site to site in this run"
    reaches = [network for network in found.networks if network.dimensions]
    if reaches:
        return f"{reaches[0].dimensions}-dimensional, {reaches[0].sites} of {len(found.sites)} sites"
    largest = max(network.sites for network in found.networks)
    return f"cages: no path from cell to cell was taken, {len(found.networks)} separate groups of up to {largest} sites"


def jump_length(kind: JumpType) -> str:
    """Return the length of a type of jump, with its spread where there is one."""
    if kind.shortest_A is None or kind.longest_A is None or kind.longest_A - kind.shortest_A < 0.1:
        return f"{kind.distance_A:.2f} A"
    return f"{kind.distance_A:.2f} A ({kind.shortest_A:.2f} to {kind.longest_A:.2f})"


def _jump_line(kind: JumpType) -> tuple[str, str]:
    back = "" if kind.share_back is None else f", {kind.share_back:.0%} taken back"
    fast = (
        f"; within {VIBRATIONS:g} vibrations, between sites that exclude each other: motion within one site"
        if kind.vibrational
        else ""
    )
    rate, barrier = _interval(kind.rate_per_ns), _interval(kind.barrier_eV)
    count = "1 jump" if kind.jumps == 1 else f"{kind.jumps} jumps"
    text = f"{count}, {rate} per ion and ns, barrier {barrier} eV{back}{fast}"
    return f"  of {jump_length(kind)}", text


def _interval(value: Estimate) -> str:
    return f"{significant(value.mean)} ({significant(value.low95)} to {significant(value.high95)})"


def _shell_lines(found: Mechanism) -> list[tuple[str, str]]:
    """Return the first shells around the mobile ion."""
    element, ions = split_species(found.species)[0], {one.element: one.ions for one in found.elements}
    shells = []
    for one in found.radial:
        if element in one.elements and one.peak_A is not None:
            other = one.elements[1] if one.elements[0] == element else one.elements[0]
            neighbours = one.around(element, ions)
            shells.append(f"{other} at {one.peak_A:.2f} A ({neighbours:.1f} within {one.shell_A:.2f} A)")
    return [("neighbours", ", ".join(shells))] if shells else []


def _motion_lines(found: Mechanism) -> list[tuple[str, str]]:
    """Return the vibration of the host's elements, and the mobile ion's displacement by direction."""
    element = split_species(found.species)[0]
    host = [f"{one.element} {one.from_mean_A:.2f} A" for one in found.elements if one.element != element]
    lines = [("host", f"{', '.join(host)} (rms, from the mean positions)")] if host else []
    for one in found.elements:
        if one.element == element:
            along = ", ".join(
                f"{significant(row[-1])} along {name}" for name, row in zip("abc", one.along_A2, strict=True)
            )
            lines.append((f"MSD at {one.lag_ps[-1]:.3g} ps", f"{significant(one.msd_A2[-1])} A2: {along}"))
    return lines
