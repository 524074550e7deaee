"""Settings, versions and provenance: what a reader needs to repeat the campaign."""

import json

import yaml

from ewald.numbers import duration, significant
from screening.decision import Stage
from screening.hull.written import written_formula
from screening.record.ledger import ledger_hash
from screening.record.record import CampaignRecord
from screening.report.html.markup import Markup, facts, folded, join, tag
from screening.report.html.table import plain_table


def settings_section(record: CampaignRecord) -> Markup:
    """Return versions, engines, time spent, references and the whole campaign file."""
    sources = {
        (
            r.provenance.engine,
            r.provenance.code,
            r.provenance.version,
            r.provenance.energy_key,
            json.dumps(r.provenance.settings, sort_keys=True),
        )
        for r in (*record.relaxed, *record.references)
    }
    campaign = yaml.safe_dump(record.campaign.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return join(
        facts(
            [
                ("Campaign", record.campaign.name),
                ("Revision", tag("code", record.revision)),
                ("IonSieve", record.version),
                ("Ledger", tag("code", ledger_hash(record.decisions)[:16])),
                ("Decisions", str(len(record.decisions))),
                ("Reference phases", str(len(record.references))),
                *((f"Time, {_work(stage)}", duration(seconds)) for stage, seconds in times(record).items()),
                *((f"Core time, {engine}", duration(spent)) for engine, spent in record.core_seconds_by_engine.items()),
            ]
        ),
        tag("h3", "Engines"),
        plain_table(("engine", "code", "version", "energies comparable within", "settings"), sorted(sources))
        if sources
        else tag("p", "Nothing was computed yet."),
        _references(record),
        folded("The campaign file", tag("pre", campaign)),
    )


def times(record: CampaignRecord) -> dict[str, float]:
    """Return the time spent by stage, in seconds: of engines the core seconds that their results report.

    What a stage took by its own clock says little where it was repeated and found its work already done. MD that was
    brought from another database, `short_md_finished`, is among the runs.
    """
    reported = {
        "reference": sum(phase.core_seconds for phase in record.references),
        "relax": sum(relaxed.core_seconds for relaxed in record.relaxed),
    }
    for run in record.md:
        stage = f"{run.stage}_segment"
        reported[stage] = reported.get(stage, 0.0) + run.core_seconds
    return {
        stage: reported.get(stage) or record.seconds_by_stage.get(stage, 0.0)
        for stage in sorted({*record.seconds_by_stage, *(stage for stage, seconds in reported.items() if seconds)})
        if not stage.endswith("_finished")
    }


def _work(stage: str) -> str:
    """Write what a stage of the database is called by people (`long_md_segment` is MD, `long_md` its analysis)."""
    name, _, link = stage.partition("_link")
    if link.isdigit():
        return f"{_work(name)}, engine {int(link) + 1} of the chain"
    for known in Stage:
        if stage == f"{known}_segment":
            return f"{known.heading}, runs"
        if stage == known:
            return f"{known.heading}, analysis" if known in (Stage.SHORT_MD, Stage.LONG_MD) else known.heading
    return stage.replace("_", " ").capitalize()


def _references(record: CampaignRecord) -> Markup | None:
    if not record.references:
        return None
    rows = (
        [
            r.id,
            written_formula(r.structure.composition),
            significant(r.energy_eV / len(r.structure), 6),
            "yes" if r.converged else "no",
        ]
        for r in record.references
    )
    table = plain_table(("phase", "formula", "energy (eV/atom)", "converged"), rows)
    return folded(f"Reference phases of the hull ({len(record.references)})", table)
