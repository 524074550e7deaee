"""What a document may ask of the queue."""

import pytest
import yaml

from workflows.launchpad.allowed import QUEUE_KEYS, refuse_foreign_keys
from workflows.launchpad.guard import RefusedTaskError
from workflows.shipped import config_path


@pytest.mark.parametrize(
    "asked",
    [
        {"pre_rocket": "touch here"},
        {"post_rocket": "touch here"},
        {"rocket_launch": "touch here"},
        {"queue": "main\ntouch here"},
        {"account": "$(touch here)"},
        {"_fw_template_file": "/tmp/x"},  # noqa: S108
    ],
)
def test_a_document_cannot_write_into_the_queues_script(asked):
    with pytest.raises(RefusedTaskError, match="_queueadapter"):
        refuse_foreign_keys({"spec": {"_queueadapter": asked}})


def test_a_document_may_ask_for_time_and_cores():
    asked = {"walltime": "12:00:00", "ntasks": 32, "queue": "long", "constraint": "a&b", "gres": "gpu:2"}
    refuse_foreign_keys({"spec": {"_queueadapter": asked}})
    shipped = {
        key for name in ("slurm", "pbs", "sge") for key in yaml.safe_load(config_path("clusters", name).read_text())
    }
    assert not QUEUE_KEYS & {"pre_rocket", "post_rocket", "rocket_launch"}
    assert {"walltime", "ntasks", "nodes", "ppnode"} <= QUEUE_KEYS & shipped
