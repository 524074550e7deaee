import pytest
from pydantic import ValidationError

from screening.campaign.campaign import Campaign
from screening.campaign.resources import Resources
from tests.toy_campaign import TOY


def campaign(**execution):
    return Campaign.model_validate({**TOY, "execution": execution})


def test_the_stage_comes_before_the_engine_key_by_key():
    resources = {"toy": {"cores": 8, "queue": "cpu", "threads": 2}, "long_md": {"cores": 16, "priority": 99}}
    asked = campaign(resources=resources).resources("long_md", "toy")
    assert (asked.cores, asked.threads, asked.queue, asked.priority) == (16, 2, "cpu", 99)
    assert campaign(resources=resources).resources("relax", "toy").cores == 8


@pytest.mark.parametrize(
    ("given", "slurm", "pbs"),
    [
        ({}, {}, {}),
        ({"cores": 6}, {"nodes": 1, "ntasks": 6, "cpus_per_task": 1}, {"nnodes": 1, "ppnode": 6}),
        (
            {"cores": 64, "threads": 2, "nodes": 2, "memory_GB": 96, "walltime_h": 1.5, "queue": "long,short"},
            {
                "nodes": 2, "ntasks": 32, "cpus_per_task": 2, "mem": "98304M", "walltime": "01:30:00",
                "queue": "long,short",
            },
            {"nnodes": 2, "ppnode": 32, "pmem": "3072mb", "walltime": "01:30:00", "queue": "long,short"},
        ),
        (
            {"cores": 4, "gpus": 1, "walltime_h": 200},
            {"nodes": 1, "ntasks": 4, "cpus_per_task": 1, "gpus": 1, "walltime": "200:00:00"},
            {"nnodes": 1, "ppnode": "4:gpus=1", "walltime": "200:00:00"},
        ),
    ],
)  # fmt: skip
def test_in_the_words_of_the_queue(given, slurm, pbs):
    assert Resources(**given).for_queue("slurm") == slurm
    assert Resources(**given).for_queue("pbs") == pbs


@pytest.mark.parametrize(
    ("system", "name", "asked", "said"),
    [
        ("slurm", "relax", {"core": 8}, "core"),
        ("slurm", "relax", {"memory_GB": "64G"}, "memory_GB"),
        ("slurm", "relax", {"walltime_h": "24:00:00"}, "walltime_h"),
        ("slurm", "relax", {"walltime_h": 0}, "walltime_h"),
        ("slurm", "relax", {"queue": "a b; rm"}, "queue"),
        ("slurm", "relax", {"cores": 10, "threads": 4}, "10 cores cannot be shared"),
        ("slurm", "relaxation", {"cores": 8}, "relaxation is neither an engine nor a stage: one of toy, reference"),
        ("pbs", "relax", {"qos": "high"}, "template of pbs has no place for qos"),
        ("pbs", "relax", {"gpus": 1}, "give `cores`, too"),
        ("sge", "relax", {"cores": 8}, "template of sge has no place for cores; write it in my_qadapter.yaml"),
        ("condor", "relax", {}, "queue_system"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(system, name, asked, said):
    with pytest.raises(ValidationError, match=said):
        campaign(queue_system=system, resources={name: asked})


def test_resources_and_priorities_change_no_revision():
    asked = campaign(resources={"relax": {"cores": 8}}, priorities={"x": 5}, queue_system="pbs")
    assert asked.revision() == Campaign.model_validate(TOY).revision()
