"""The queue templates: FireWorks renders them, and the worker takes the place of the shell that gets the signal."""

import warnings

import pytest
import yaml
from fireworks.user_objects.queue_adapters.common_adapter import CommonAdapter

from workflows.shipped import config_path

EXPECTED = {
    "slurm": ("#SBATCH --ntasks=2", "#SBATCH --time=24:00:00", "#SBATCH --signal=B:TERM@120"),
    "pbs": ("#PBS -l nodes=1:ppn=2", "#PBS -l walltime=24:00:00"),
    "sge": ("#$ -pe mpi 2", "#$ -l s_rt=23:58:00"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_template_renders_without_unknown_keys(name: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        script = CommonAdapter.from_dict(yaml.safe_load(config_path("clusters", name).read_text())).get_script_str(
            "/some/folder"
        )
    lines = script.splitlines()
    for line in (*EXPECTED[name], "export OMP_NUM_THREADS=1", "cd /some/folder", "exec rlaunch singleshot"):
        assert line in lines
    assert "$${" not in script
    assert "None" not in script
