"""A stage reads only what belongs to its composition, or its cost would grow with the campaign."""

from types import SimpleNamespace

import pytest

from screening.arrangements.candidate import Candidate, candidate_id
from screening.plan.composition import Composition
from screening.shipped import shipped_structure
from tests.workflows.store.document import Document
from workflows.firetasks.stage_task import StageContext

pytestmark = pytest.mark.mongod


def candidate(composition, rank):
    return Candidate(
        id=candidate_id(composition, rank), composition_id=composition, mother="Na3SbS4", formula="Na3SbS4", rank=rank,
        ewald_energy_eV=-1.0, multiplicity="1", certified=True,
        structure=shipped_structure("mothers", "Na3SbS4_tet_derived"), mobile="Na",
    )  # fmt: skip


def test_a_hull_reads_the_candidates_of_its_composition_alone(submitted):
    for rank in (3, 1, 10, 2):
        submitted.put("candidate", candidate_id("c", rank), "h", candidate("c", rank))
    for other in ("b", "c_a1", "cc", "d"):
        # Read, these would raise.
        submitted.put("candidate", candidate_id(other, 1), "h", Document(composition_id=other))
    found = StageContext.candidates_of(SimpleNamespace(campaign_results=submitted), "c")
    assert [item.id for item in found] == ["c_a1", "c_a2", "c_a3", "c_a10"]


def test_the_database_looks_at_no_other_documents(submitted, launchpad):
    for number in range(50):
        submitted.put("candidate", candidate_id(f"c{number:02d}", 1), "h", Document(composition_id=f"c{number:02d}"))
    launchpad.db.command("profile", 2)
    try:
        assert list(submitted.all(Document, "candidate", prefix="c07_a", composition_id="c07")) == ["c07_a1"]
    finally:
        launchpad.db.command("profile", 0)
    (seen,) = launchpad.db["system.profile"].find({"op": "query", "ns": {"$regex": "ionsieve_results$"}})
    assert seen["docsExamined"] == 1


def test_a_screen_reads_the_compositions_of_its_mother_alone(submitted):
    submitted.put("plan", "x", "h", Document(mother="another", id="x"))
    assert "x" in submitted.subjects("plan")
    assert "x" not in submitted.all(Composition, "plan", mother="Na3SbS4")
