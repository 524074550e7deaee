"""The plan as lines of the ledger."""

from screening.decision import Stage, Verdict
from screening.plan.decisions import plan_decisions
from screening.plan.plan import NotCompensated, build_plan

TUNGSTEN = {"site": "Sb", "dopants": ["W6+"], "levels": ["1/4"]}


def test_the_ledger_holds_what_was_kept_and_what_was_refused(campaign, tmp_path):
    rule = {"valences": [5], "radius_tolerance": 0.1}
    made = campaign("NaCrS2", [{"site": "Cr", "rule": rule, "levels": ["1/8", "1/2"]}])
    plan = build_plan(made, tmp_path, count_distinct=False)
    lines = plan_decisions(plan)
    assert sum(line.verdict == "pass" and line.quantity == "charge" for line in lines) == len(plan.compositions)
    refused = [line for line in lines if line.quantity == "compensation"]
    assert len(refused) == len(plan.not_compensated) > 0
    assert all("leaves no Na+" in line.reason for line in refused)
    assert any(line.quantity == "radius_difference" and line.verdict == "fail" for line in lines)
    kept = {d.species for d in plan.rule_decisions if d.kept}
    assert kept
    assert all(any(species in c.substitution for c in plan.compositions) for species in kept)


def test_lines_change_their_hash_with_what_they_say_and_with_nothing_else(campaign, tmp_path):
    doping = [{**TUNGSTEN, "levels": ["1/8", "1/4"]}]
    once, again = (plan_decisions(build_plan(campaign("Na3SbS4_tet_derived", doping), tmp_path)) for _ in range(2))
    assert once == again
    fewer = plan_decisions(build_plan(campaign("Na3SbS4_tet_derived", [TUNGSTEN]), tmp_path))
    by_subject = {line.subject: line.inputs_hash for line in once}
    shared = [line for line in fewer if line.subject in by_subject]
    assert shared
    assert all(by_subject[line.subject] == line.inputs_hash for line in shared)
    assert len(set(by_subject.values())) == len(once)


def test_what_cannot_be_made_neutral_fails_with_its_reason(campaign, tmp_path):
    plan = build_plan(campaign("Na3SbS4_tet_derived", [TUNGSTEN]), tmp_path)
    refused = NotCompensated(mother="Na3SbS4", substitution="Si4+ on Sb 1/4", reason="no room for 2 ions")
    lines = plan_decisions(plan.model_copy(update={"not_compensated": (refused,)}))
    (line,) = [line for line in lines if line.verdict is Verdict.FAIL]
    assert line.subject == "Si4+ on Sb 1/4 in Na3SbS4"
    assert line.reason == "cannot be made neutral: no room for 2 ions"
    assert (line.stage, line.value) == (Stage.ENUMERATE, None)
