"""A relaxed structure with its provenance, which says with which energies its own can be compared."""

from screening.value import CrystalStructure, Value


class Provenance(Value):
    """Which code, version, model and settings an energy comes from.

    Two energies may be compared only when :attr:`energy_key` is equal.

    Attributes
    ----------
    engine, code, version
        Engine of IonSieve, program or model behind it, and its version.
    energy_key
        Hash of everything that decides whether energies can be compared.
    settings
        Main settings, for people to read.
    """

    engine: str
    code: str
    version: str
    energy_key: str
    settings: dict[str, str | int | float | bool | None]


class OutcomeCheck(Value):
    """One check of a relaxation's outcome, with what was measured.

    Attributes
    ----------
    name, passed
        Which check, and its outcome.
    measured, limit
        Value and limit, in the unit that `reason` gives; None for checks without a number.
    reason
        What was found, in words.
    """

    name: str
    passed: bool
    measured: float | None
    limit: float | None
    reason: str


class RelaxedStructure(Value):
    """The outcome of a relaxation of a candidate or of a reference phase.

    Attributes
    ----------
    provenance
        Engine, version and settings.
    core_seconds
        Spent by the engine.
    id
        Candidate or reference name.
    structure
        Relaxed structure.
    energy_eV
        Total energy of the cell in eV, uncorrected.
    converged
        Whether forces and stress met their thresholds within the step limit.
    steps
        Ionic steps spent.
    max_force_eV_A, max_stress_GPa
        At the end.
    volume_change
        Relative change of the volume per ion.
    checks
        Outcome checks; empty until they were made.
    """

    id: str
    structure: CrystalStructure
    energy_eV: float
    converged: bool
    steps: int
    max_force_eV_A: float | None
    max_stress_GPa: float | None
    volume_change: float
    provenance: Provenance
    checks: tuple[OutcomeCheck, ...] = ()
    core_seconds: float = 0.0
