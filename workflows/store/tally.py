"""How many results each stage has, and what they took: one look through the database for all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflows.spec import MD_STAGES

#: Core seconds of a result, in the database's own terms. A look's result repeats those of its segments.
_CORE_SECONDS = {
    "$cond": [
        {"$in": ["$stage", list(MD_STAGES)]},
        "$seconds",
        {"$ifNull": ["$document.core_seconds", "$seconds"]},
    ]
}
_TIMED = {"$gt": ["$seconds", 0]}

TALLY_FIELDS = ("campaign", "revision", "stage", "version", "seconds", "document.core_seconds")
"""Index that holds all that a tally reads, so that no result is touched."""


@dataclass(frozen=True)
class Tally:
    """The results of one stage that one version of IonSieve made.

    Attributes
    ----------
    stage
        Name of the stage in the database.
    version
        Version of IonSieve.
    results, timed
        How many, and how many of which the time is known.
    seconds, core_seconds
        Time of those, and core seconds as the engines report them; else the time of one core.
    """

    stage: str
    version: str
    results: int
    timed: int
    seconds: float
    core_seconds: float


@dataclass(frozen=True)
class Tallies:
    """All results of a campaign's revision, superseded ones included, added up.

    Attributes
    ----------
    rows
        One for each stage and version.
    """

    rows: tuple[Tally, ...]

    def versions(self) -> dict[str, int]:
        """Return how many results each version of IonSieve made."""
        found: dict[str, int] = {}
        for row in sorted(self.rows, key=lambda row: row.version):
            found[row.version] = found.get(row.version, 0) + row.results
        return found

    def seconds(self) -> dict[str, float]:
        """Return the time spent by stage, of the stages that have one."""
        return {stage: seconds for stage, _, seconds, _ in self._stages() if seconds}

    def mean_seconds(self) -> dict[str, float]:
        """Return the mean time of one result by stage, of the stages that have one."""
        return {stage: seconds / timed for stage, timed, seconds, _ in self._stages() if seconds}

    def core_seconds(self) -> dict[str, float]:
        """Return the core seconds spent by stage, of the stages that have some."""
        return {stage: core_seconds for stage, _, _, core_seconds in self._stages() if core_seconds}

    def mean_core_seconds(self) -> dict[str, float]:
        """Return the mean core seconds of one result by stage, of the stages that have some."""
        return {stage: core_seconds / timed for stage, timed, _, core_seconds in self._stages() if core_seconds}

    def _stages(self) -> Iterator[tuple[str, int, float, float]]:
        for stage in dict.fromkeys(row.stage for row in self.rows):
            rows = [row for row in self.rows if row.stage == stage]
            yield (
                stage,
                sum(row.timed for row in rows),
                sum(row.seconds for row in rows),
                sum(row.core_seconds for row in rows),
            )


def tally_pipeline(scope: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the aggregation that adds up the results of a scope; :func:`tallies` reads its rows."""
    return [
        {"$match": scope},
        {
            "$group": {
                "_id": {"stage": "$stage", "version": "$version"},
                "results": {"$sum": 1},
                "timed": {"$sum": {"$cond": [_TIMED, 1, 0]}},
                "seconds": {"$sum": {"$cond": [_TIMED, "$seconds", 0]}},
                "core_seconds": {"$sum": {"$cond": [_TIMED, _CORE_SECONDS, 0]}},
            }
        },
        {"$sort": {"_id.stage": 1, "_id.version": 1}},
    ]


def tallies(rows: Iterator[dict[str, Any]]) -> Tallies:
    """Return what the rows of :func:`tally_pipeline` say."""
    return Tallies(tuple(Tally(**row["_id"], **{name: row[name] for name in row if name != "_id"}) for row in rows))
