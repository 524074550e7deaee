"""Settings of the stages: Ewald screen, relaxation, hull, molecular dynamics, verdict, audit."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ewald.pairs.model import PairModel
from screening.campaign.section import Section
from screening.hashed import hashed


class RelaxationStage(Section):
    """Relaxation of the lowest arrangements, and what counts as a sound outcome."""

    engines: tuple[str, ...] = Field(
        (),
        description="Names of the engines that relax one after the other, each from the structure of the one before; "
        "the hull is of the last one's energies",
    )
    point: bool = Field(
        False,
        description="The last of several engines only computes the energy of the structure as the one before left it, "
        "and MD starts from that structure",
    )
    force_eV_A: float = Field(0.03, gt=0, description="Largest force of a converged structure")
    stress_GPa: float = Field(0.5, gt=0, description="Largest stress component of a converged structure")
    max_steps: int = Field(500, ge=1, description="Steps after which a relaxation counts as not converged")
    prerelax_force_eV_A: float | None = Field(0.2, gt=0, description="Threshold of a first, loose pass; null for none")
    max_volume_change: float = Field(
        0.25,
        gt=0,
        description="Largest relative change of volume, and of the cell's shape in one direction, of a sound outcome",
    )
    max_framework_loss: float = Field(
        0.15, ge=0, le=1, description="Largest share of host cation-anion bonds that may break"
    )

    def thresholds(self) -> dict[str, Any]:
        """Return what the outcome of one engine depends on: all but the engines' names and the last one's task."""
        return hashed(self, exclude={"engines", "point"})

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.point and len(self.engines) < 2:
            raise ValueError("point needs at least two engines: one to relax, and one for the energy")
        return self


def _formula(text: str) -> str:
    """Return a cathode's formula unchanged; refuse a text that is none."""
    from pymatgen.core import Composition

    try:
        composition = Composition(text, strict=True)
    except (ValueError, TypeError):
        composition = Composition()
    if len(composition) < 2 or not all(element.symbol in text for element in composition):
        raise ValueError(f"{text!r} is not the formula of a cathode; write it like NaCrO2")
    return text


class HullStage(Section):
    """The filter on the energy above the convex hull."""

    threshold_meV_per_atom: float = Field(100.0, ge=0, description="Largest energy above the hull that passes")
    keep_per_composition: int = Field(
        1,
        ge=1,
        description="Arrangements per composition that continue to MD; those relaxed to the same crystal count once",
    )
    md_order: Literal["together", "in_turn"] = Field(
        "together",
        description="MD of several arrangements of a composition: all at once, or the lowest first and the next only "
        "where it does not pass long MD; in_turn, those with less than 5 % of the largest Boltzmann weight get none",
    )
    references: Literal["shipped", "file", "materials-project"] = Field(
        "shipped",
        description="Competing phases: shipped structures relaxed by the same engine, a file of computed entries, or "
        "the Materials Project",
    )
    references_file: str | None = Field(None, description="JSON of ComputedEntry, for `references: file`")
    exclude_references: tuple[str, ...] = Field((), description="Shipped reference names left out")
    reference_structures: tuple[str, ...] = Field(
        (),
        description="Structure files of further competing phases, which the campaign's engine relaxes; beside shipped "
        "references or a file of entries",
    )
    allow_missing_references: bool = Field(
        False,
        description="Run even if a cation has no reference with the anions; such candidates stay undecided",
    )
    electrode_window: bool = Field(
        False, description="Also compute the window against the alkali metal, and the reaction with it"
    )
    cathodes: tuple[str, ...] = Field(
        (), description="Cathodes to react with (NaCrO2, NaFePO4, LiCoO2, LiNiO2, ...); adds their reference phases"
    )
    max_cathode_reaction_meV_per_atom: float | None = Field(
        None, ge=0, description="Largest energy that a reaction with a cathode may release to pass; null: no filter"
    )
    min_window_V: float | None = Field(
        None, ge=0, description="Narrowest electrochemical window that passes; null: no filter"
    )

    @property
    def in_turn(self) -> bool:
        """Whether the arrangements of a composition take turns in MD."""
        return self.md_order == "in_turn" and self.keep_per_composition > 1

    @property
    def begin_md(self) -> int:
        """Arrangements of a composition that begin MD at once, at most."""
        return 1 if self.in_turn else self.keep_per_composition

    @property
    def electrodes(self) -> bool:
        """Whether window and reactions with the electrodes are computed."""
        return self.electrode_window or self.min_window_V is not None or bool(self.cathodes)

    @field_validator("cathodes")
    @classmethod
    def _formulas(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_formula(name) for name in value)

    @model_validator(mode="after")
    def _file_named(self) -> Self:
        if self.max_cathode_reaction_meV_per_atom is not None and not self.cathodes:
            raise ValueError("max_cathode_reaction_meV_per_atom needs cathodes, for example [NaCrO2]")
        if self.references == "materials-project" and self.reference_structures:
            raise ValueError("the Materials Project's entries are complete: leave reference_structures out")
        if self.references == "file" and not self.references_file:
            raise ValueError("references_file is needed with `references: file`")
        return self


class MDStage(Section):
    """One molecular dynamics stage, run in restartable segments."""

    engine: str | None = Field(None, description="Name of the engine, where the campaign has several")
    temperatures_K: tuple[float, ...] = Field(
        (600.0, 900.0),
        min_length=1,
        description="One run at each temperature; runs of some 100 ps see hops at these, and seldom at 300 K",
    )
    timestep_fs: float = Field(gt=0, description="MD time step")
    length_ps: float = Field(
        gt=0, description="Fixed schedule of one run, and the first length judged when not adaptive"
    )
    max_length_ps: float | None = Field(None, gt=0, description="Budget of an undecided run; length_ps when left out")
    segment_ps: float = Field(gt=0, description="Length of one restartable segment")
    equilibration_ps: float = Field(ge=0, description="Shortest part cut from the start")
    frame_every_fs: float = Field(50.0, gt=0, description="Time between stored frames")
    thermostat: Literal["nose-hoover", "langevin"] = Field("nose-hoover", description="Thermostat of the NVT run")
    thermostat_time_fs: float = Field(100.0, gt=0, description="Relaxation time of the thermostat")
    segment_walltime_s: float | None = Field(None, gt=0, description="Stop a segment cleanly after this time")
    adaptive: bool = Field(True, description="End early when the verdict is certain, extend while it is undecided")
    hottest_first: bool = Field(
        False,
        description="Run the highest temperature alone until its first analysis, and the others only where that "
        "does not rule the candidate out",
    )

    @property
    def budget_ps(self) -> float:
        """Longest length of a run, with all its extensions."""
        return self.max_length_ps or self.length_ps

    @property
    def begins_hot(self) -> bool:
        """Whether one temperature runs before the others."""
        return self.hottest_first and len(set(self.temperatures_K)) > 1

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        if any(t <= 0 for t in self.temperatures_K):
            raise ValueError(f"temperatures_K = {list(self.temperatures_K)}: must be positive kelvin")
        if self.segment_ps > self.length_ps:
            raise ValueError("segment_ps must not exceed length_ps")
        if self.max_length_ps is not None and self.max_length_ps < self.length_ps:
            raise ValueError("max_length_ps must not be below length_ps")
        if self.equilibration_ps >= self.length_ps:
            raise ValueError("equilibration_ps must be below length_ps")
        if self.frame_every_fs < self.timestep_fs:
            raise ValueError("frame_every_fs must not be below timestep_fs")
        return self


class Validation(Section):
    """The engine of long MD against a better one, on frames of the runs of every survivor and every audited reject."""

    engine: str = Field(description="Name of the better engine")
    frames: int = Field(20, ge=2, description="Frames recomputed of each survivor, spread evenly over its long MD")
    max_force_error_eV_A: float = Field(
        0.15, gt=0, description="Largest mean absolute difference of force components of a trusted run"
    )
    min_correlation: float = Field(
        0.9, gt=0, lt=1, description="Least correlation of force components of a trusted run, of mobile ions and others"
    )
    max_energy_error_meV_atom: float | None = Field(
        10.0, gt=0, description="Largest spread (rms) of the energy difference along a trusted run; null: not judged"
    )
    on_doubt: Literal["mark", "rerun"] = Field(
        "mark", description="Mark doubtful survivors, or also repeat their long MD with the better engine"
    )


class VerdictRule(Section):
    """Criterion of the verdict on the conductivity."""

    threshold_mS_cm: float = Field(1.0, gt=0, description="Least conductivity that passes")
    temperature_K: float | None = Field(
        300.0, gt=0, description="Temperature of the threshold; null judges at the temperature of the run itself"
    )
    pass_probability: float = Field(0.9, gt=0.5, lt=1, description="Pass when P(sigma > threshold) reaches this")
    fail_probability: float = Field(0.1, gt=0, lt=0.5, description="Fail when P(sigma > threshold) falls to this")
    close_factor: float | None = Field(
        2.0, gt=1, description="End an undecided run whose 95 % interval lies within this factor of the threshold"
    )
    conductivity: Literal["tracer", "charge"] = Field(
        "tracer", description="Nernst-Einstein from the tracer or the charge diffusivity"
    )
    least_prefactor_cm2_s: float | None = Field(
        None,
        gt=0,
        description="Least prefactor of D = D0 exp(-Ea/kT) taken for possible, such as 1e-5: with it, hot runs without "
        "a hop bound the conductivity at lower temperatures, too; null: it is only assumed to grow with temperature",
    )
    estimator: Literal["gls", "kinisi"] = Field(
        "gls", description="Tracer diffusivity by generalised least squares, or by kinisi (wider intervals, 3 s a run)"
    )


class Audit(Section):
    """Send a random share of rejected candidates on, to measure the recall of the filters."""

    fraction: float = Field(
        0.0, ge=0, le=1, description="Share of the candidates rejected by each filter that are continued nevertheless"
    )


class EwaldStage(Section):
    """The electrostatic screen of each composition."""

    keep: int = Field(5, ge=1, description="Lowest symmetry-distinct arrangements kept of each composition")
    method: Literal["auto", "exact", "exhaustive", "sample"] = Field(
        "auto", description="Search; auto tries exact first"
    )
    time_limit_s: float | None = Field(300.0, gt=0, description="Longest search of one composition; null for none")
    min_distance_A: float = Field(
        0.5,
        ge=0,
        description="Two sites that can both be vacant never both carry an ion if closer than this or than 0.9 "
        "(angstrom; with hydrogen 0.5)",
    )
    pairs: PairModel | Literal["born_mayer"] | None = Field(
        None, description="Interactions beside formal charges: terms, charges, permittivity; or born_mayer"
    )
