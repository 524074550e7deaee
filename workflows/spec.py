"""The spec of a Firework: ids and numbers that say what to do, never structures or secrets."""

from typing import Any, Literal

from screening.value import Value

Category = Literal["light", "dft", "md"]

#: The stages of Fireworks in the order of the funnel, with what a worker needs for them and how urgent they are.
#: Later stages go first, so that the first candidates reach the end while others still wait.
STAGES: dict[str, tuple[Category, int]] = {
    "reference": ("dft", 90),
    "references_done": ("light", 95),
    "ewald": ("light", 40),
    "relax": ("dft", 50),
    "hull": ("light", 80),
    "short_md": ("md", 60),
    "short_md_look": ("light", 82),
    "long_md": ("md", 70),
    "long_md_look": ("light", 84),
}


class StageSpec(Value):
    """What one Firework does.

    Attributes
    ----------
    campaign, revision
        Which campaign, with which settings.
    composition
        Composition id; `references` for the reference phases.
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
        part = f"#{self.part}" if self.stage.startswith(("short_md", "long_md")) else ""
        again = f"+{self.attempt}" if self.attempt else ""
        return f"{self.stage}:{self.subject}{temperature}{part}{again}"

    @property
    def run_subject(self) -> str:
        """Name of an MD run: candidate and temperature."""
        return run_subject(self.subject, self.temperature_K or 0.0)

    def to_fw_spec(self, *, allow_failed_parents: bool = False) -> dict[str, Any]:
        """Return the spec of the Firework, FireWorks' own keys included."""
        category, priority = STAGES[self.stage]
        spec: dict[str, Any] = self.to_document() | {
            "key": self.key,
            "_category": category,
            "_priority": priority,
            "_add_launchpad_and_fw_id": True,
        }
        if allow_failed_parents:
            spec["_allow_fizzled_parents"] = True
        return spec

    @classmethod
    def from_fw_spec(cls, fw_spec: dict[str, Any]) -> "StageSpec":
        """Read a Firework's spec."""
        return cls.model_validate({name: fw_spec[name] for name in cls.model_fields if name in fw_spec})


def run_subject(candidate_id: str, temperature_K: float) -> str:
    """Name of an MD run: candidate and temperature.

    Examples
    --------
    >>> run_subject("Na3SbS4-undoped_a1", 600.0)
    'Na3SbS4-undoped_a1@600K'
    """
    return f"{candidate_id}@{temperature_K:g}K"
