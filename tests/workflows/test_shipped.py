"""The queue templates: FireWorks renders them, and the worker takes the place of the shell that gets the signal."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml
from fireworks.user_objects.queue_adapters.common_adapter import CommonAdapter

from workflows.shipped import config_path

EXPECTED = {
    "slurm": ("#SBATCH --ntasks=2", "#SBATCH --time=24:00:00", "#SBATCH --signal=B:TERM@120"),
    "pbs": ("#PBS -l nodes=1:ppn=2", "#PBS -l walltime=24:00:00", "#PBS -N ionsieve"),
    "sge": ("#$ -pe mpi 2", "#$ -l h_rt=24:00:00", "#$ -l s_rt=23:58:00", "#$ -N ionsieve"),
}
ROCKET = "exec ionsieve rlaunch -l /absolute/path/my_launchpad.yaml singleshot"


def rendered(name: str) -> str:
    content = yaml.safe_load(config_path("clusters", name).read_text())
    return CommonAdapter.from_dict(content).get_script_str("/some/folder")


@pytest.mark.parametrize("name", EXPECTED)
def test_template_renders_without_unknown_keys(name: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        script = rendered(name)
    lines = script.splitlines()
    for line in (*EXPECTED[name], "export OMP_NUM_THREADS=1", "cd /some/folder", ROCKET):
        assert line in lines
    assert "$${" not in script
    assert "None" not in script


@pytest.mark.parametrize("name", EXPECTED)
def test_the_script_is_sound_and_its_directives_come_first(name: str, tmp_path: Path):
    script = tmp_path / "script.sh"
    script.write_text(rendered(name))
    subprocess.run(["bash", "-n", str(script)], check=True)
    lines = [line for line in script.read_text().splitlines()[1:] if line.strip()]
    sign = {"slurm": "#SBATCH", "pbs": "#PBS", "sge": "#$"}[name]
    directives = [number for number, line in enumerate(lines) if line.startswith(sign)]
    # Queues stop reading directives at the first command.
    assert directives == list(range(len(directives)))


@pytest.mark.parametrize(("name", "walltime_s"), [("pbs", 86400), ("sge", 86400)])
def test_the_walltime_reaches_the_engine(name: str, walltime_s: int, tmp_path: Path):
    """The lines before the rocket run as in a job; what follows them sees when the job ends."""
    seen = tmp_path / "seen"
    python = "import sys; from workflows.process.job_time import seconds_left; print(seconds_left())"
    script = rendered(name).replace(ROCKET, f"exec {sys.executable} -c '{python}' > {seen}")
    script = script.replace("cd /some/folder", f"cd {tmp_path}")
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(["bash", "-c", script], check=True, env=environment)
    assert float(seen.read_text()) == pytest.approx(walltime_s - 180, abs=60)
    assert yaml.safe_load(config_path("clusters", name).read_text()).get("walltime", "24:00:00") == "24:00:00"


#: What `qstat -u` of OpenPBS prints.
QSTAT = """
server:
                                                            Req'd  Req'd   Elap
Job ID          Username Queue    Jobname    SessID NDS TSK Memory Time  S Time
--------------- -------- -------- ---------- ------ --- --- ------ ----- - -----
12.server       someone  workq    ionsieve      123   1   2    --  24:00 R 00:01
13.server       someone  workq    ionsieve       --   1   2    --  24:00 Q   --
14.server       someone  other    ionsieve       --   1   2    --  24:00 Q   --
"""


def test_fireworks_counts_the_jobs_of_pbs():
    """It needs the name of a queue for that, and fails on the first job of the list without one."""
    adapter = CommonAdapter.from_dict(yaml.safe_load(config_path("clusters", "pbs").read_text()))
    assert adapter._parse_njobs(QSTAT, "someone") == 2
    adapter["queue"] = None
    with pytest.raises(TypeError):
        adapter._parse_njobs(QSTAT, "someone")
