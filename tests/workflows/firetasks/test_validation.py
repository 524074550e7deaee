"""Survivors are checked with a better engine; doubtful ones may have their MD repeated with it."""

import pytest
import yaml

from screening.decision import Stage, Verdict
from screening.record.candidate_row import candidate_rows
from screening.record.explain import explain_candidate
from screening.record.history import histories
from screening.record.record import MDRecord
from screening.report.page import report_page
from screening.validation import ValidationRecord
from tests.toy_campaign import TOY
from workflows.campaign.campaign_file import open_campaign
from workflows.engines.ase import run as ase_run
from workflows.operations.record_builder import build_record
from workflows.operations.submit import submit
from workflows.workers.worker import work

#: The toy potential with one force constant changed: energies and forces of another engine.
OTHER = """
from workflows.engines.ase.toy import ToyCalculator

class Stiffer(ToyCalculator):
    def calculate(self, *arguments, **options):
        super().calculate(*arguments, **options)
        self.results["forces"] = 1.2 * self.results["forces"]
        self.results["energy"] = 1.2 * self.results["energy"]
"""


def campaign_of(tmp_path, campaign, **validation):
    (tmp_path / "other.py").write_text(OTHER)
    changes = {
        "engine": None,
        "engines": {
            "fast": {"preset": "toy"},
            "better": {"preset": "toy", "settings": {"calculator": "other:Stiffer"}, "category": "gpu"},
        },
        "ewald": {"keep": 1},
        "relax": TOY["relax"] | {"engines": ["fast"]},
        "short_md": TOY["short_md"] | {"engine": "fast"},
        "long_md": TOY["long_md"] | {"engine": "fast", "max_length_ps": 0.2, "adaptive": False},
        "verdict": {"temperature_K": None, "threshold_mS_cm": 0.001},
        "validation": {"engine": "better", "frames": 6} | validation,
    }
    return open_campaign(str(campaign(**changes)))


def test_a_doubtful_survivor_is_marked_and_run_again_with_the_better_engine(launchpad, campaign, tmp_path, monkeypatch):
    file = campaign_of(tmp_path, campaign, max_force_error_eV_A=1e-4, on_doubt="rerun")
    results = submit(file, launchpad).results
    work(launchpad, results)
    assert results.failures() == ()
    ((subject, found),) = results.all(ValidationRecord, "validation").items()
    assert sorted(set(found.temperature_K)) == [500.0, 600.0]
    assert len(found.time_ps) == 6
    for item in found.agreements:
        assert item.correlation == pytest.approx(1)
        assert item.error_eV_A == pytest.approx(item.typical_eV_A * 0.2 / 1.2)
    assert [item.group for item in found.agreements] == ["Na", "the framework"]
    decision = results.decision("validation", subject)
    assert decision.verdict is Verdict.UNDECIDED
    assert "fast against better: doubtful" in decision.reason
    row = launchpad.fireworks.find_one({"spec.stage": "validation"}, {"spec": 1})
    assert row["spec"]["_category"] == "gpu"

    again = {run.temperature_K for run in results.all(MDRecord, "check_md").values()}
    assert again == {500.0, 600.0}
    record = build_record(results)
    history = histories(record)[subject]
    assert history.verdict(Stage.CHECK_MD) is not None
    assert history.judged().stage is Stage.CHECK_MD
    story = explain_candidate(record, subject)
    for said in ("Validation", "Force difference, Na", "doubtful", "MD with the better engine", "Energy difference"):
        assert said in story
    (table,) = [line for line in candidate_rows(record) if line.candidate == subject]
    assert table.validation == "doubtful"
    assert "Force difference, Na" in report_page(record)
    if history.model_error() is not None:
        assert "Model error" in story
        assert table.model_error_factor >= 1

    # Run once more, the comparison finds its result and computes nothing.
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr(ase_run.AseEngine, "point", fail)
    launchpad.rerun_fw(row["spec"].get("_fw_id") or launchpad.fireworks.find_one({"spec.stage": "validation"})["fw_id"])
    work(launchpad, results)
    assert results.failures() == ()


def test_a_trusted_survivor_is_not_run_again(launchpad, campaign, tmp_path):
    limits = {"max_force_error_eV_A": 5, "max_energy_error_meV_atom": None, "on_doubt": "rerun"}
    results = submit(campaign_of(tmp_path, campaign, **limits), launchpad).results
    work(launchpad, results)
    (decision,) = [line for line in results.decisions() if line.stage is Stage.VALIDATION]
    assert decision.verdict is Verdict.PASS
    assert "trusted" in decision.reason
    assert results.all(MDRecord, "check_md") == {}
    assert {row.validation for row in candidate_rows(build_record(results))} == {"trusted"}


@pytest.mark.parametrize("fraction", [0, 1])
def test_a_reject_of_long_md_is_compared_when_it_is_audited(launchpad, campaign, tmp_path, fraction):
    path = campaign_of(tmp_path, campaign).path
    document = yaml.safe_load(path.read_text())
    document["verdict"]["threshold_mS_cm"] = 1e9
    document["audit"] = {"fraction": fraction}
    path.write_text(yaml.safe_dump(document))
    results = submit(open_campaign(str(path)), launchpad).results
    work(launchpad, results)
    assert results.failures() == ()
    lines = {line.stage: line for line in results.decisions() if line.superseded_by is None}
    assert (Stage.VALIDATION in lines) == bool(fraction)
    assert lines[Stage.SHORT_MD].verdict is Verdict.FAIL
    if fraction:
        assert lines[Stage.LONG_MD].verdict is Verdict.FAIL
        assert lines[Stage.LONG_MD].audited


def test_the_better_engine_is_another_one(campaign, tmp_path):
    from ewald.errors import CampaignError

    with pytest.raises(CampaignError, match="an engine other than that of long_md"):
        campaign_of(tmp_path, campaign, engine="fast")
