"""A decision, the line of the ledger: what was measured, against which threshold, and what follows."""

from enum import StrEnum
from typing import Self

from pydantic import AliasChoices, Field

from ewald.numbers import milli_eV, significant
from screening.value import Value


class Verdict(StrEnum):
    """Verdict of a decision."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"


class Stage(StrEnum):
    """The stages of the funnel in order, with their names.

    Attributes
    ----------
    words
        What the stage is called in running text.
    passed
        Label of the candidates that pass, in the drawing of the funnel; empty for a stage before there are candidates,
        and for one that checks survivors and rejects none.
    verdict
        The same in the terminal's line of verdicts.
    """

    words: str
    passed: str
    verdict: str

    ENUMERATE = "enumerate", "compositions"
    EWALD = "ewald", "Ewald screen"
    RELAX = "relax", "relaxation", "relaxed", "relaxed"
    HULL = "hull", "hull", "near the hull", "near the hull"
    SHORT_MD = "short_md", "short MD", "after short MD", "fast (short MD)"
    LONG_MD = "long_md", "long MD", "after long MD", "fast (long MD)"
    VALIDATION = "validation", "validation"
    CHECK_MD = "check_md", "MD with the better engine"

    def __new__(cls, name: str, words: str = "", passed: str = "", verdict: str = "") -> Self:
        """Make a row of the table."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.words, member.passed, member.verdict = words, passed, verdict
        return member

    @property
    def heading(self) -> str:
        """Name of the stage with a capital, for headings."""
        return self.words[0].upper() + self.words[1:]


CANDIDATE_STAGES = tuple(stage for stage in Stage if stage.passed)
"""The stages that decide about candidates, in order."""

CHECKS = (Stage.VALIDATION, Stage.CHECK_MD)
"""The stages that check what survived."""

MD_BEST_FIRST = (Stage.CHECK_MD, Stage.LONG_MD, Stage.SHORT_MD)
"""The stages with MD, the one that counts first."""


class Decision(Value):
    """One record of the ledger.

    Attributes
    ----------
    campaign
        Name of the campaign.
    stage, verdict
        Stage of the funnel, and what it decided.
    subject
        Candidate id, or composition id or dopant for the stages before there are candidates.
    quantity, unit
        What was measured (`hull_energy`, `meV/atom`).
    value, low95, high95
        Measured value with its 95 % interval; None where there is none.
    bound
        Why only `high95` is known, and `value` is None: of the conductivity of a run without a hop, or of caged ions.
    threshold
        What it was compared with.
    temperature_K, probability_above
        Of a conductivity: the temperature that it was judged at, and the probability that it exceeds the threshold.
    reason
        Why, in one sentence.
    inputs_hash
        Hash of everything the measurement depends on.
    version
        IonSieve's version.
    audited
        True when the candidate goes on although it failed, to measure the recall of the filter.
    warnings
        What puts the measurement in doubt, a sentence each.
    superseded_by
        The candidate that continues instead, if this one fails only because of it: the same crystal, from another
        route, or a lower arrangement of the composition. None everywhere else.
    """

    campaign: str
    subject: str
    stage: Stage
    quantity: str
    value: float | None
    low95: float | None = None
    high95: float | None = None
    unit: str
    threshold: float | None
    verdict: Verdict
    reason: str
    inputs_hash: str
    version: str
    audited: bool = False
    superseded_by: str | None = Field(
        None, validation_alias=AliasChoices("superseded_by", "stood_for_by"), serialization_alias="stood_for_by"
    )
    temperature_K: float | None = None
    probability_above: float | None = None
    bound: str | None = Field(None, exclude_if=lambda bound: bound is None)
    warnings: tuple[str, ...] = ()

    @property
    def written_value(self) -> str:
        """The measured value as it is printed everywhere: an estimate with two digits, a bound as a bound."""
        if self.bound is not None:
            return f"< {significant(self.high95, 2)}"
        if self.unit == "meV/atom":
            return milli_eV(self.value)
        return significant(self.value, 3 if self.low95 is None and self.high95 is None else 2)
