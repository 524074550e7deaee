"""Warnings: the gravest in sight."""

from screening.report.html.notes import IN_SIGHT, by_gravity, decisive, notes_list

SHIPPED = [
    "the potential energy drifts through most of the run: it may not be in equilibrium",
    "only 0.18 hops per mobile ion: the diffusivity rests on few events",
    "the cell is only 7.4 A thick: ions correlate with their own images, compare with a larger cell",
    "the run gives only an upper bound, see its warnings",
    "the run is too short to distinguish diffusion from vibration: its diffusivity is an upper bound",
    "24% of the host's cation-anion bonds broke",
]


def test_what_breaks_a_result_comes_first_and_a_pointer_last():
    ordered = by_gravity(SHIPPED)
    assert ordered[0].startswith("24%")
    assert ordered[1].startswith("the run is too short")
    assert ordered[-1].endswith("see its warnings")


def test_what_puts_no_verdict_in_doubt_is_not_decisive():
    assert len(decisive(SHIPPED)) == len(SHIPPED) - 2
    assert not any("7.4 A thick" in warning or "see its warnings" in warning for warning in decisive(SHIPPED))


def test_the_rest_is_folded_and_nothing_is_lost():
    drawn = str(notes_list(SHIPPED))
    seen, _, folded = drawn.partition("<details")
    assert seen.count("<li>") == IN_SIGHT
    assert folded.count("<li>") == len(SHIPPED) - IN_SIGHT
    assert notes_list([]) is None
    assert "<details" not in str(notes_list(SHIPPED[:2]))
