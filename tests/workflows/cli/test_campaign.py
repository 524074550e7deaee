"""ionsieve init and doctor."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ewald.errors import UserError
from ewald.version import __version__
from workflows.campaign.campaign_file import open_campaign
from workflows.cli.campaign import init

EXPECTED = {
    "slurm": ("#SBATCH --ntasks=2", "#SBATCH --time=24:00:00", "#SBATCH --signal=B:TERM@120"),
    "pbs": ("#PBS -l nodes=1:ppn=2", "#PBS -l walltime=24:00:00", "#PBS -N ionsieve"),
    "sge": ("#$ -pe mpi 2", "#$ -l h_rt=24:00:00", "#$ -l s_rt=23:58:00", "#$ -N ionsieve"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_init_writes_the_template_and_never_overwrites(name: str, tmp_path: Path):
    path = tmp_path / "my_qadapter.yaml"
    init(path, cluster=name)
    assert yaml.safe_load(path.read_text())["_fw_name"] == "CommonAdapter"
    with pytest.raises(UserError, match="exists already"):
        init(path, cluster=name)
    with pytest.raises(UserError, match="one of pbs, sge, slurm"):
        init(tmp_path / "other.yaml", cluster="lsf")
    with pytest.raises(UserError, match="one of the two, not both"):
        init(tmp_path / "other.yaml", cluster=name, template="quickstart")


@pytest.mark.parametrize(
    ("file", "name"), [("first.yaml", "first"), ("Na thio-phosphate.yml", "Na_thio-phosphate"), ("_.yaml", "campaign")]
)
def test_a_campaign_is_named_after_its_file(file: str, name: str, tmp_path: Path):
    init(tmp_path / file)
    campaign = open_campaign(str(tmp_path / file)).campaign
    assert campaign.name == name
    assert campaign.mothers


def output(*words: str) -> str:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=True).stdout


def test_doctor_prints_json_and_says_that_the_installation_is_sound():
    found = json.loads(output("workflows.cli.main", "doctor", "--json"))
    assert (found["version"], found["sound"]) == (__version__, True)
    assert {"installation", "engine", "extra", "MPI", "database", "queue", "machine"} >= {
        finding["group"] for finding in found["findings"]
    }


def test_both_commands_print_their_version():
    assert output("workflows.cli.main", "--version") == f"ionsieve {__version__}\n"
    assert __version__ in output("ewald", "--version")
