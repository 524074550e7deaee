"""A campaign that goes on elsewhere: its results in one file, and from there in another database.

Results are kept under the hash of their inputs. So nothing of the file is believed blindly: a stage takes up what was
made from the very inputs that it has itself, and computes everything else. Screens, relaxations, reference phases,
finished MD and its comparison with a better engine are brought along. Trajectories are not; hulls and verdicts follow
from the rest.
"""

import hashlib
import json
import lzma
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ewald.errors import CheckpointError, UserError
from ewald.files.atomic import write_atomic
from ewald.version import __version__
from screening.decision import Decision
from screening.record.record import MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from screening.validation import ValidationRecord
from screening.value import Value
from workflows.engines.cache import choices_of, engine_of
from workflows.md.finished import FinishedMD, compared_hash, finished_hash, finished_result
from workflows.spec import MD_STAGES, STAGES, link_result
from workflows.store.entry import BroughtResult
from workflows.store.results import CampaignResults

FORMAT = 1


class _Head(Value):
    """The first line of the file."""

    format: int
    campaign: str
    revision: str
    ionsieve: str
    results: int
    sha256: str


@dataclass(frozen=True)
class Brought:
    """What a file of results brought.

    Attributes
    ----------
    campaign, revision
        Where they come from.
    results, new
        Number of results in the file, and of those that the database did not have.
    """

    campaign: str
    revision: str
    results: int
    new: int


def save_results(results: CampaignResults, out: Path) -> dict[str, int]:
    """Write what a campaign computed so far to one compressed file with its checksum.

    Parameters
    ----------
    results
        Of the campaign's revision; it may go on meanwhile.
    out
        File to write, whole or not at all.

    Returns
    -------
    dict
        Number of results by stage.

    Raises
    ------
    DependencyError
        When the package of an engine of MD is not installed here: its version is part of what results are known by.
    """
    found = [*results.to_bring(_kept_stages(results)), *_finished_md(results), *_comparisons(results)]
    saved = list({(item.stage, item.subject, item.inputs_hash): item for item in found}.values())
    body = "".join(json.dumps(item.to_document(), sort_keys=True) + "\n" for item in saved)
    head = _Head(
        format=FORMAT,
        campaign=results.entry.name,
        revision=results.entry.revision,
        ionsieve=__version__,
        results=len(saved),
        sha256=hashlib.sha256(body.encode()).hexdigest(),
    )
    write_atomic(out, lzma.compress((json.dumps(head.to_document()) + "\n" + body).encode()))
    return dict(Counter(item.stage for item in saved))


def load_results(results: CampaignResults, source: Path) -> Brought:
    """Enter the results of a file, each to be taken up by the stage that asks for its inputs; nothing is replaced.

    Parameters
    ----------
    results
        Of the campaign's revision, submitted or not.
    source
        What :func:`save_results` wrote, of this campaign or another, with these settings or others.

    Raises
    ------
    UserError
        When there is no such file.
    CheckpointError
        When it is damaged, or of a later version.
    """
    head, lines = _read(source)
    try:
        brought = [BroughtResult.from_document(json.loads(line)) for line in lines]
    except ValueError as error:
        raise _not_whole(source, error) from None
    new = sum(results.bring(item) for item in brought)
    return Brought(head.campaign, head.revision, len(brought), new)


def _read(source: Path) -> tuple[_Head, list[str]]:
    try:
        first, _, body = lzma.decompress(source.read_bytes()).decode().partition("\n")
        head = _Head.from_document(json.loads(first))
    except FileNotFoundError:
        raise UserError("no such file", file=source, fix="ionsieve results save writes one") from None
    except (lzma.LZMAError, EOFError, ValueError, OSError) as error:
        raise _not_whole(source, error) from None
    if head.format > FORMAT:
        raise CheckpointError(f"was written by a later IonSieve ({head.ionsieve})", file=source, fix="upgrade ionsieve")
    if hashlib.sha256(body.encode()).hexdigest() != head.sha256:
        raise _not_whole(source, "it does not match its checksum")
    return head, body.splitlines()


def _not_whole(source: Path, why: object) -> CheckpointError:
    return CheckpointError(f"is not a whole file of results: {' '.join(str(why).split())[:200]}", file=source)


def _kept_stages(results: CampaignResults) -> list[str]:
    """Return the stages whose results serve as they are, those of engines before the last of a chain included."""
    chain = len(results.entry.campaign.engine_chain("relax"))
    linked = [link_result(stage, link) for stage, kind in STAGES.items() if kind.links for link in range(chain - 1)]
    return ["candidate", "ewald", "reference", "relax", *linked, *map(finished_result, MD_STAGES), "validation"]


def _finished_md(results: CampaignResults) -> Iterator[BroughtResult]:
    """Yield the MD that was decided, with its verdict, under the hash of what it depends on."""
    entry = results.entry
    decisions = {(str(decision.stage), decision.subject): decision for decision in results.decisions()}
    relaxed = results.all(RelaxedStructure, "relax")
    for stage in MD_STAGES:
        if stage == "check_md" and entry.campaign.validation is None:
            continue
        name = entry.campaign.engine_chain(stage)[0]
        engine = engine_of(choices_of(entry.campaign, entry.base_dir)[name], entry.base_dir)
        runs: dict[str, list[MDRecord]] = {}
        for record in results.all(MDRecord, stage).values():
            runs.setdefault(record.candidate_id, []).append(record)
        for subject, records in sorted(runs.items()):
            decision = decisions.get((stage, subject))
            if decision is None or subject not in relaxed:
                continue
            yield _of_md(
                stage, records, decision, finished_hash(entry.campaign, stage, relaxed[subject], engine.provenance)
            )


def _of_md(stage: str, records: list[MDRecord], decision: Decision, inputs_hash: str) -> BroughtResult:
    spent = sum(record.core_seconds for record in records)
    finished = FinishedMD(records=tuple(records), decision=decision, core_seconds=spent)
    return BroughtResult(
        stage=finished_result(stage),
        subject=decision.subject,
        inputs_hash=inputs_hash,
        document=finished.to_document(),
        seconds=spent,
        host="",
        version=decision.version,
    )


def _comparisons(results: CampaignResults) -> Iterator[BroughtResult]:
    """Yield the comparisons with a better engine, under a hash that can be known without the trajectories."""
    campaign, base_dir = results.entry.campaign, results.entry.base_dir
    if campaign.validation is None:
        return
    names = (campaign.engine_chain("long_md")[0], campaign.validation.engine)
    choices = choices_of(campaign, base_dir)
    fast, better = (engine_of(choices[name], base_dir).provenance for name in names)
    for item in results.to_bring(["validation"], history=False):
        relaxed = results.get(RelaxedStructure, "relax", item.subject)
        record = ValidationRecord.from_document(item.document)
        if relaxed is not None and (record.engine, record.better) == names:
            yield item.model_copy(update={"inputs_hash": compared_hash(campaign, relaxed, fast, better)})
