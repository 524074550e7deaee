"""Several engines: who relaxes after whom, whose energies make the hull, and what each asks of workers and queues."""

import pytest

from ewald.errors import CampaignError
from screening.arrangements.candidate import Candidate
from screening.record.record import MDRecord
from screening.relaxation.relaxation import RelaxedStructure
from tests.toy_campaign import TOY
from workflows.campaign.campaign_file import open_campaign
from workflows.engines.cache import choices_of
from workflows.engines.registry import load_engine
from workflows.operations.record_builder import build_record
from workflows.operations.submit import submit
from workflows.workers.worker import work

#: Two engines that differ in an energy setting, so that their energies are not comparable.
ROUGH = {"preset": "toy", "queue": {"gpus": 1, "walltime": "01:00:00", "queue": "gpu"}, "category": "gpu"}
FINE = {"preset": "toy", "settings": {"mp2020_corrections": True}, "queue": {"ntasks": 16}}


def chained(**changes) -> dict:
    return {
        "engine": None,
        "engines": {"rough": ROUGH, "fine": FINE},
        "relax": TOY["relax"] | {"engines": ["rough", "fine"]},
        "short_md": TOY["short_md"] | {"engine": "rough"},
        "long_md": TOY["long_md"] | {"engine": "fine"},
    } | changes


def engine_of_name(results, name):
    return load_engine(choices_of(results.entry.campaign, results.entry.base_dir)[name])


@pytest.fixture
def finished(launchpad, campaign):
    """A campaign of two engines, run to its end; returns its results."""
    results = submit(open_campaign(str(campaign(**chained()))), launchpad).results
    work(launchpad, results)
    return results


def test_the_last_engine_may_give_the_energy_alone(launchpad, campaign):
    relax = TOY["relax"] | {"engines": ["rough", "fine"], "point": True}
    results = submit(open_campaign(str(campaign(**chained(relax=relax)))), launchpad).results
    work(launchpad, results)
    keys = {name: engine_of_name(results, name).provenance.energy_key for name in ("rough", "fine")}
    before, after = (results.all(RelaxedStructure, stage) for stage in ("relax_link0", "relax"))
    assert after.keys() == before.keys()
    for name, relaxed in after.items():
        assert relaxed.structure == before[name].structure
        found = engine_of_name(results, "fine").point(relaxed.structure, results.entry.folder / "again")
        assert relaxed.energy_eV == pytest.approx(found.energy_eV)
        assert relaxed.provenance.settings["relaxed_by"].startswith("ToyCalculator")
        # Neither engine's own relaxed energies may meet these in a hull.
        assert relaxed.provenance.energy_key not in keys.values()
        assert relaxed.checks
    references = results.all(RelaxedStructure, "reference").values()
    assert {r.provenance.energy_key for r in references} == {r.provenance.energy_key for r in after.values()}
    assert not results.failures()
    assert build_record(results).hulls


def test_an_energy_alone_needs_a_relaxed_structure(campaign):
    with pytest.raises(CampaignError, match="point needs at least two engines"):
        open_campaign(str(campaign(**chained(relax=TOY["relax"] | {"engines": ["fine"], "point": True}))))


def test_each_engine_does_its_part(launchpad, finished):
    names = finished.entry.campaign.all_engines
    keys = {name: engine_of_name(finished, name).provenance.energy_key for name in names}
    assert keys["rough"] != keys["fine"]
    first, last = (finished.all(RelaxedStructure, stage) for stage in ("relax_link0", "relax"))
    assert first.keys() == last.keys() == finished.all(Candidate, "candidate").keys()
    assert len(last) == 2
    for name, relaxed in last.items():
        assert relaxed.provenance.energy_key == keys["fine"]
        assert first[name].provenance.energy_key == keys["rough"]
        start = finished.get(Candidate, "candidate", name).structure
        assert relaxed.volume_change == pytest.approx(relaxed.structure.volume / start.volume - 1)
    references = finished.all(RelaxedStructure, "reference")
    assert {item.provenance.energy_key for item in references.values()} == {keys["fine"]}
    assert finished.all(RelaxedStructure, "reference_link0").keys() == references.keys()
    assert {r.provenance.energy_key for r in finished.all(MDRecord, "short_md").values()} == {keys["rough"]}
    record = build_record(finished)
    assert {r.provenance.energy_key for r in record.md} == set(keys.values())
    assert {r.hull_energy_meV_per_atom is not None for r in record.hulls} == {True}
    assert all(spent > 0 for spent in record.core_seconds_by_engine.values())
    assert set(record.core_seconds_by_engine) == {"rough", "fine"}
    assert finished.failures() == ()

    def asked(**query):
        rows = launchpad.fireworks.find({f"spec.{name}": value for name, value in query.items()}, {"spec": 1})
        return {(row["spec"]["_category"], *sorted(row["spec"].get("_queueadapter", {}).items())) for row in rows}

    assert asked(stage="relax", link=0) == asked(stage="short_md") == {("gpu", *sorted(ROUGH["queue"].items()))}
    assert asked(stage="relax", link=1) == {("dft", ("ntasks", 16))}
    assert asked(stage="long_md") == {("md", ("ntasks", 16))}
    assert asked(stage="hull") == {("light",)}


def test_other_resources_are_no_new_revision_and_reach_what_waits(launchpad, campaign):
    first = submit(open_campaign(str(campaign(**chained()))), launchpad).results
    more = ROUGH | {"queue": {"gpus": 2}, "settings": {"threads": 4}}
    again = submit(open_campaign(str(campaign(**chained(engines={"rough": more, "fine": FINE})))), launchpad)
    assert again.added == 0
    assert again.results.entry.revision == first.entry.revision
    (found,) = {str(row["spec"]["_queueadapter"]) for row in launchpad.fireworks.find({"spec.stage": "reference"})}
    assert found == "{'gpus': 2}"
    plain = {"rough": {"preset": "toy"}, "fine": FINE}
    submit(open_campaign(str(campaign(**chained(engines=plain)))), launchpad)
    rows = list(launchpad.fireworks.find({"spec.stage": "reference"}))
    assert all("_queueadapter" not in row["spec"] and row["spec"]["_category"] == "dft" for row in rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"engine": {"preset": "toy"}}, "give `engine`, or several `engines`"),
        ({"engines": {}}, "give `engine`, or several `engines`"),
        ({"short_md": TOY["short_md"]}, "short_md.engine: say which of the engines"),
        ({"long_md": TOY["long_md"] | {"engine": "best"}}, "no engine is called best"),
        ({"relax": TOY["relax"]}, "relax.engines: say which"),
        ({"engines": {"rough": ROUGH | {"queue": {"pre_rocket": "rm"}}, "fine": FINE}}, "pre_rocket is not one of"),
        ({"engines": {"rough": ROUGH | {"queue": {"queue": "a; rm"}}, "fine": FINE}}, "may hold letters"),
    ],
)
def test_mistakes_are_said(campaign, changes, message):
    with pytest.raises(CampaignError, match=message):
        open_campaign(str(campaign(**chained(**changes))))
