"""The one hierarchy of errors that IonSieve raises on purpose.

A :class:`UserError` is a mistake that the user can fix: the command line prints it as one line and exits with
code 2. Anything else that escapes is a bug and keeps its traceback. A folder's own errors stand in that folder::

    IonSieveError
      UserError                  a mistake in the input, with file, field, value and fix
        CampaignError            in a campaign file
        StructureError           in a structure, or in what is asked of it
        CheckpointError          a checkpoint or result file is damaged, or belongs to another problem
        DependencyError          an optional program or package is missing
        RecordError              screening.record: a campaign's record is missing or damaged
        ExportError              screening.record: no such format of export
        DatabaseError            screening.record: not a diffusivity database of this format
        PriorError               screening.prior: a composition or a table of conductivities cannot be used
        PublishedError           screening.record.diffusivities: a table of published diffusivities cannot be used
        QueryError               screening.record.diffusivities: a question that cannot be meant
        UnknownCandidateError    screening.record: the campaign has no such candidate
        OtherVersionError        workflows.store: work was taken by another release of IonSieve
      EngineError                workflows.engines: a run of a code failed, and how
      StageFailedError           workflows.firetasks: a stage failed for good
"""

from ewald.version import __version__


def install_extra(name: str) -> str:
    """Say how to install an extra, from the source or the wheel: a package index may hold another `ionsieve`."""
    wheel = f"ionsieve-{__version__}-py3-none-any.whl"
    return (
        f"install IonSieve's extra {name}: pip install '.[{name}]' in the folder of its source, or "
        f"pip install './{wheel}[{name}]' beside its wheel"
    )


class IonSieveError(Exception):
    """Base of every error that IonSieve raises on purpose."""

    #: The group in which `ionsieve status` counts work that failed so; None for the name of the class.
    reason: str | None = None


class UserError(IonSieveError):
    """A mistake in the input, said in one line: where, what was found, and how to fix it.

    Parameters
    ----------
    problem
        What is wrong, as a short sentence without a full stop.
    file, field
        Where the value stands.
    value
        The offending value; long ones are shortened in the message.
    fix
        What the user can do about it.

    Examples
    --------
    >>> print(UserError("must be positive", file="c.yaml", field="md.temperature_K", value=-5, fix="give kelvin"))
    c.yaml: md.temperature_K = -5: must be positive (fix: give kelvin)
    """

    reason = "input"

    def __init__(
        self,
        problem: str,
        *,
        file: object | None = None,
        field: str | None = None,
        value: object | None = None,
        fix: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = file
        self.field = field
        self.value = value
        self.fix = fix
        super().__init__(self._line())

    def in_file(self, file: object) -> "UserError":
        """Return the same error with the file named; itself where it names one already.

        Parameters
        ----------
        file
            Path, or any name of the file that is shown.
        """
        if self.file is not None:
            return self
        return type(self)(self.problem, file=file, field=self.field, value=self.value, fix=self.fix)

    def _line(self) -> str:
        place = f"{self.file}: " if self.file is not None else ""
        shown = "" if self.value is None else repr(self.value) if isinstance(self.value, str) else str(self.value)
        if len(shown) > 80:
            shown = shown[:77] + "..."
        if self.field and shown:
            place += f"{self.field} = {shown}: "
        elif self.field or shown:
            place += f"{self.field or shown}: "
        fix = f" (fix: {self.fix})" if self.fix else ""
        return " ".join(f"{place}{self.problem}{fix}".split())


class CampaignError(UserError):
    """A campaign file says something that cannot be meant."""


class StructureError(UserError):
    """A structure cannot serve as the input it was given for."""


class CheckpointError(UserError):
    """A checkpoint or result file is damaged, or belongs to another problem."""


class DependencyError(UserError):
    """An optional program or package that this step needs is not installed."""
