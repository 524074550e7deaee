"""The Firetask that compares the engine of long MD with a better one, on frames of a survivor's runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fireworks import FWAction, explicit_serialize
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.files.checked_json import read_checked, write_checked
from screening.arrangements.candidate import Candidate
from screening.campaign.stages import Validation
from screening.relaxation.relaxation import RelaxedStructure
from screening.species import split_species
from screening.validation import ValidationRecord, agreement, decide_validation, doubts
from screening.value import content_hash
from workflows.builders.md import md_start
from workflows.campaign.folders import sole_worker, stage_folder
from workflows.engines.cache import choices_of, engine_of
from workflows.engines.engine import Engine, SinglePoint
from workflows.firetasks.stage_task import StageContext, StageTask
from workflows.md.finished import compared_hash
from workflows.md.runs import segments_of, trajectory_of
from workflows.md.schedule import parts_of
from workflows.store.results import required

#: Share of each run that is left out at its start, where it comes to equilibrium.
_LEFT_OUT = 0.2


@dataclass(frozen=True)
class _Frame:
    """A frame of a run."""

    temperature_K: float
    time_ps: float
    structure: Structure


@explicit_serialize
class ValidationTask(StageTask):
    """Recompute frames of a candidate's long MD with a better engine, and say whether the runs are to be trusted."""

    def run_stage(self, context: StageContext) -> FWAction:
        """Compute what is missing, compare, decide; a doubtful candidate may have its MD repeated."""
        campaign, subject = context.entry.campaign, context.spec.subject
        rule = campaign.validation
        if rule is None:
            return FWAction(stored_data={"verdict": "no validation is asked for"})
        name = campaign.engine_chain("long_md")[0]
        fast = engine_of(choices_of(campaign, context.entry.base_dir)[name], context.entry.base_dir)
        relaxed = required(context.results, RelaxedStructure, "relax", subject)
        inputs_hash = compared_hash(campaign, relaxed, fast.provenance, context.engine.provenance)
        record = context.results.get(ValidationRecord, "validation", subject, inputs_hash)
        frames = list(_frames(context, rule, relaxed.structure)) if record is None else []
        if record is None:
            inputs_hash = content_hash(
                [frame.structure for frame in frames], fast.provenance.energy_key, context.engine.provenance.energy_key
            )
            record = context.results.get(ValidationRecord, "validation", subject, inputs_hash)
        if record is None:
            folder = stage_folder(context.folder, "validation", subject, inputs_hash=inputs_hash)
            with sole_worker(folder):
                pairs = [
                    (_point(fast, frame, folder / f"{number:04d}-{name}"),
                     _point(context.engine, frame, folder / f"{number:04d}-{rule.engine}"))
                    for number, frame in enumerate(frames)
                ]  # fmt: skip
            record = _compared(context, name, rule, frames, pairs)
        context.results.put("validation", subject, inputs_hash, record, seconds=context.seconds)
        decision = decide_validation(record, rule, campaign=context.entry.name)
        context.results.decide(decision)
        again = rule.on_doubt == "rerun" and doubts(record, rule)
        added = [md_start(context.spec, "check_md", subject, campaign.long_md)] if again else []
        return FWAction(additions=context.missing(added), stored_data={"verdict": decision.reason})


def _frames(context: StageContext, rule: Validation, relaxed: Structure) -> Iterator[_Frame]:
    """Yield frames spread evenly over the runs, those at each temperature alike."""
    subject, settings = context.spec.subject, context.entry.campaign.long_md
    runs = parts_of(context.spec, settings)
    share = -(-rule.frames // len(runs))
    for temperature, parts in runs.items():
        trajectory = trajectory_of(segments_of(context.results, "long_md", subject, temperature, parts))
        count = len(trajectory.positions_A)
        chosen = np.linspace(_LEFT_OUT * (count - 1), count - 1, share).round().astype(int)
        for frame in dict.fromkeys(chosen.tolist()):
            structure = Structure(
                relaxed.lattice, relaxed.species, trajectory.positions_A[frame], coords_are_cartesian=True
            )
            yield _Frame(temperature, frame * trajectory.frame_fs / 1000, structure)


def _point(engine: Engine, frame: _Frame, folder: Path) -> SinglePoint:
    """Compute one frame, or read what was computed before a kill."""
    file = folder / "point.json"
    key = content_hash(frame.structure, engine.provenance.energy_key)
    known = read_checked(file)
    if known is not None and known["key"] == key:
        return SinglePoint.from_document(known["point"])
    found = engine.point(frame.structure, folder)
    write_checked(file, {"key": key, "point": found.to_document()})
    return found


def _compared(
    context: StageContext,
    name: str,
    rule: Validation,
    frames: list[_Frame],
    pairs: list[tuple[SinglePoint, SinglePoint]],
) -> ValidationRecord:
    candidate = required(context.results, Candidate, "candidate", context.spec.subject)
    element = split_species(candidate.mobile)[0]
    mobile = np.array([site.specie.symbol == element for site in frames[0].structure])
    fast, better = (np.array([pair[side].forces_eV_A for pair in pairs]) for side in (0, 1))
    per_ion = np.array([1000 * (b.energy_eV - f.energy_eV) for f, b in pairs]) / len(mobile)
    difference = per_ion - _by_run([frame.temperature_K for frame in frames], per_ion)
    groups = [(element, mobile), ("the framework", ~mobile)]
    return ValidationRecord(
        candidate_id=candidate.id,
        engine=name,
        better=rule.engine,
        temperature_K=tuple(frame.temperature_K for frame in frames),
        time_ps=tuple(frame.time_ps for frame in frames),
        energy_difference_meV_atom=tuple(difference.tolist()),
        energy_rms_meV_atom=float(np.sqrt((difference**2).mean())),
        agreements=tuple(agreement(group, fast[:, ions], better[:, ions]) for group, ions in groups if ions.any()),
        core_seconds=sum(point.core_seconds for pair in pairs for point in pair),
    )


def _by_run(temperatures_K: list[float], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each frame the mean of its run: the zero of energy differs between runs, too."""
    runs = np.array(temperatures_K)
    return np.array([values[runs == temperature].mean() for temperature in runs])
