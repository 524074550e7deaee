"""MD steps spent, against a fixed schedule without interim analyses."""

from dataclasses import dataclass

from ewald.numbers import MISSING
from screening.campaign.stages import MDStage
from screening.decision import Stage
from screening.record.record import CampaignRecord
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.table import plain_table


@dataclass(frozen=True)
class StageSteps:
    """Steps of one MD stage: what was run, and what the fixed length of the same runs would have taken.

    Attributes
    ----------
    stage
        The MD stage.
    runs
        Number of its runs.
    spent
        Steps that were run.
    fixed
        Steps that the same runs would take with the fixed length.
    core_seconds
        Work of the runs.
    """

    stage: Stage
    runs: int
    spent: int
    fixed: int
    core_seconds: float


def count_steps(record: CampaignRecord) -> tuple[StageSteps, ...]:
    """Count MD steps by stage."""
    plans: dict[Stage, MDStage] = {Stage.SHORT_MD: record.campaign.short_md, Stage.LONG_MD: record.campaign.long_md}
    counted = []
    for stage, plan in plans.items():
        runs = [run for run in record.md if run.stage is stage]
        per_run = round(plan.length_ps * 1000 / plan.timestep_fs)
        counted.append(
            StageSteps(
                stage,
                len(runs),
                sum(run.steps for run in runs),
                per_run * len(runs),
                sum(run.core_seconds for run in runs),
            )
        )
    return tuple(counted)


def schedule_section(record: CampaignRecord) -> Markup:
    """Return the table of steps with the share that adaptive ending saved."""
    counted = count_steps(record)
    spent, fixed = sum(item.spent for item in counted), sum(item.fixed for item in counted)
    if not fixed:
        return tag("p", "No MD has run yet.")
    rows: list[list[Content]] = [
        [
            item.stage.heading,
            item.runs,
            f"{item.spent:,}",
            f"{item.fixed:,}",
            f"{item.spent / item.fixed:.0%}" if item.fixed else MISSING,
        ]
        for item in counted
    ]
    return join(
        tag("p", f"{spent:,} MD steps were spent where the fixed schedule takes {fixed:,} ({spent / fixed:.0%})."),
        plain_table(("stage", "runs", "steps spent", "fixed schedule", "share"), rows),
    )
