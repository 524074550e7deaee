"""The spec of a Firework: ids and numbers that say what to do, never structures or secrets."""

from dataclasses import dataclass
from typing import Any, Literal

from screening.value import Value

_Category = Literal["light", "dft", "md"]
#: The composition of the reference phases, which belong to none.
REFERENCES = "references"


@dataclass(frozen=True)
class StageKind:
    """What FireWorks and IonSieve's commands need to know of one stage.

    Attributes
    ----------
    words
        What its Fireworks are called in the tables of `run` and `status`.
    task
        Module and class of its Firetask, below `workflows.firetasks`.
    category
        What a worker needs for it.
    priority
        The most urgent are run first.
    result
        Results whose number and time tell how far the stage is; empty for a stage of seconds.
    folder
        Where the files of each subject are, below the campaign's folder; empty when a rerun has none to set aside.
    links
        Whether several engines may do it one after the other, each in a Firework of its own.
    """

    words: str
    task: str
    category: _Category
    priority: int
    result: str = ""
    folder: str = ""
    links: bool = False

    @property
    def task_name(self) -> str:
        """The Firetask's name in FireWorks' documents."""
        return f"{{{{workflows.firetasks.{self.task}}}}}"


#: The stages of Fireworks in the order of the funnel. Later ones are more urgent, so that the first candidates reach
#: the end while others still wait.
STAGES = {
    "reference": StageKind(
        "reference phases", "reference.ReferenceTask", "dft", 90, "reference", "references", links=True
    ),
    "references_done": StageKind("all references done", "references_done.ReferencesDoneTask", "light", 95),
    "ewald": StageKind("Ewald screen", "screen.ScreenTask", "light", 40, "ewald"),
    "relax": StageKind("relaxation", "relax.RelaxTask", "dft", 50, "relax", "relax", links=True),
    "hull": StageKind("hull", "hull.HullTask", "light", 80),
    "short_md": StageKind("short MD segments", "md_segment.MDSegmentTask", "md", 60, "short_md_segment"),
    "short_md_look": StageKind("short MD verdicts", "md_look.MDLookTask", "light", 82),
    "long_md": StageKind("long MD segments", "md_segment.MDSegmentTask", "md", 70, "long_md_segment"),
    "long_md_look": StageKind("long MD verdicts", "md_look.MDLookTask", "light", 84),
    "validation": StageKind("validations", "validation.ValidationTask", "dft", 75, "validation", "validation"),
    "check_md": StageKind("MD segments, better engine", "md_segment.MDSegmentTask", "md", 72, "check_md_segment"),
    "check_md_look": StageKind("MD verdicts, better engine", "md_look.MDLookTask", "light", 86),
}
#: The stages of MD runs.
MD_STAGES = tuple(name for name, kind in STAGES.items() if kind.category == "md")


def stage_words(name: str) -> str:
    """Return what the Fireworks of a stage are called; a stage that the table does not hold keeps its name.

    Examples
    --------
    >>> stage_words("long_md_look"), stage_words("of_a_later_version")
    ('long MD verdicts', 'of_a_later_version')
    """
    return STAGES[name].words if name in STAGES else name


class StageSpec(Value):
    """What one Firework does.

    Attributes
    ----------
    campaign, revision
        Which campaign, with which settings.
    composition
        Composition id; :data:`REFERENCES` for the reference phases.
    stage
        One of :data:`STAGES`.
    subject
        Composition, candidate or reference phase.
    temperature_K
        Of an MD run.
    part
        Number of an MD segment, or of a look at a growing run.
    parts
        Of a look: segments of the run at each of the stage's temperatures; empty when there are `part` of each.
    link
        Of a relaxation by several engines: which of them, counted from 0.
    attempt
        Counts the jobs that continue one segment after a walltime.
    """

    campaign: str
    revision: str
    composition: str
    stage: str
    subject: str
    temperature_K: float | None = None
    part: int = 0
    parts: tuple[int, ...] = ()
    link: int = 0
    attempt: int = 0

    @property
    def key(self) -> str:
        """Unique name of the work within the campaign's revision.

        Examples
        --------
        >>> StageSpec(campaign="c", revision="r", composition="x", stage="relax", subject="x_a1").key
        'relax:x_a1'
        """
        temperature = "" if self.temperature_K is None else f"@{self.temperature_K:g}K"
        part = f"#{self.part}" if self.stage.startswith((*MD_STAGES, "validation")) else ""
        link = f"~{self.link}" if self.link else ""
        again = f"+{self.attempt}" if self.attempt else ""
        return f"{self.stage}:{self.subject}{temperature}{part}{link}{again}"

    @property
    def run_subject(self) -> str:
        """Name of an MD run: candidate and temperature."""
        return run_subject(self.subject, self.temperature_K or 0.0)

    def to_fw_spec(self, *, allow_failed_parents: bool = False) -> dict[str, Any]:
        """Return the spec of the Firework, FireWorks' own keys included."""
        kind = STAGES[self.stage]
        spec: dict[str, Any] = self.to_document() | {
            "key": self.key,
            "_category": kind.category,
            "_priority": kind.priority,
            "_add_launchpad_and_fw_id": True,
        }
        if allow_failed_parents:
            spec["_allow_fizzled_parents"] = True
        return spec

    @classmethod
    def from_fw_spec(cls, fw_spec: dict[str, Any]) -> "StageSpec":
        """Read a Firework's spec."""
        return cls.model_validate({name: fw_spec[name] for name in cls.model_fields if name in fw_spec})


def link_result(stage: str, link: int) -> str:
    """Return the stage under which an engine before the last of a relaxation leaves its outcome.

    Examples
    --------
    >>> link_result("relax", 0)
    'relax_link0'
    """
    return f"{stage}_link{link}"


def run_subject(candidate_id: str, temperature_K: float) -> str:
    """Name of an MD run: candidate and temperature.

    Examples
    --------
    >>> run_subject("Na3SbS4-undoped_a1", 600.0)
    'Na3SbS4-undoped_a1@600K'
    """
    return f"{candidate_id}@{temperature_K:g}K"
