"""Every mistake of a user is one clear line and exit code 2."""

import subprocess
import sys

import pytest

from workflows.cli.run import FINISHED_WITH_FAILURES

MISTAKES = {
    "wrong key": ({"tempertaures": 3}, "tempertaures.*unknown key"),
    "negative temperature": ({"short_md": {"temperatures_K": [-5]}}, "short_md"),
    "missing file": ({"mothers": [{"structure": "none.cif", "mobile": "Na"}]}, "none.cif"),
    "unknown dopant": ({"doping": [{"site": "Sb", "dopants": ["Xx6+"], "levels": ["1/2"]}]}, "Xx6"),
    "unknown preset": ({"engine": {"preset": "nonesuch"}}, "nonesuch"),
    "element without reference": (
        {"doping": [{"site": "Sb", "dopants": ["V5+"], "levels": ["1/2"]}]},
        r"campaign.yaml: hull.references.*no shipped reference phase of the element V",
    ),
    "cathode without reference": ({"hull": {"cathodes": ["NaMnO2"]}}, "hull.cathodes = 'NaMnO2'.*element Mn"),
    "reference left out": ({"hull": {"exclude_references": ["el_S"]}}, "hull.exclude_references = 'el_S'.*keep it"),
    "no formula": ({"hull": {"cathodes": ["chromite"]}}, "not the formula of a cathode"),
    "a model that is missing": (
        {"engine": {"preset": "nep", "settings": {"files": {"model_file": "none.txt"}}}},
        r"none\.txt: cannot be read: No such file",
    ),
    "a model that is not named": ({"engine": {"preset": "nep"}}, r"files\.model_file: the engine needs a file"),
    "a calculator that is not beside it": (
        {"engine": {"preset": "toy", "settings": {"calculator": "mine.py:soft"}}},
        r"mine\.py: cannot be read: No such file",
    ),
    "an engine that is not there": ({"relax": {"engines": ["none"]}}, "no engine is called none; there are toy"),
    "no whole number of ions": ({"doping": [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/7"]}]}, "1/7|whole"),
}


def ionsieve(environment, tmp_path, *arguments):
    command = [sys.executable, "-m", "workflows.cli.main", *arguments]
    return subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_campaign_is_one_line(name, campaign, environment, tmp_path):
    import re

    changes, said = MISTAKES[name]
    done = ionsieve(environment, tmp_path, "check", str(campaign(**changes)))
    assert done.returncode == 2, done.stderr
    assert re.search(said, done.stderr)
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["check", "submit", "run"])
def test_a_preset_without_a_needed_setting_is_told_before_anything_is_made(command, campaign, environment, tmp_path):
    (tmp_path / "mine.yaml").write_text("engine: ase\ncalculator: ase.calculators.lj.LennardJones\n")
    path = campaign(engine={"preset": str(tmp_path / "mine.yaml")}, work_dir=str(tmp_path / "made"))
    done = ionsieve(environment, tmp_path, command, str(path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "mine.yaml: mp2020_corrections: is missing (fix: add it (Whether" in done.stderr
    assert not (tmp_path / "made").exists()


def test_an_engine_that_is_not_here_stops_a_run_and_is_only_mentioned_by_check(campaign, environment, tmp_path):
    preset = "engine: ase\ncalculator: mace.calculators.mace_mp\npackage: no-such-package\nmp2020_corrections: true\n"
    (tmp_path / "mine.yaml").write_text(preset)
    path = campaign(engine={"preset": str(tmp_path / "mine.yaml")}, work_dir=str(tmp_path / "made"))
    checked = ionsieve(environment, tmp_path, "check", str(path))
    assert checked.returncode == 0, checked.stderr
    assert "cannot start on this machine: the package no-such-package is not installed" in checked.stdout
    done = ionsieve(environment, tmp_path, "run", str(path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert (
        "the package no-such-package is not installed (fix: install mace.calculators as its author says " in done.stderr
    )
    # Anybody may own that name on PyPI: no message sends the user there.
    assert "pip install" not in done.stderr
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("command", ["check", "submit", "run"])
@pytest.mark.parametrize("package", ["kinisi", "scipp"])
def test_kinisi_without_its_extra_is_told_before_anything_is_made(command, package, campaign, environment, tmp_path):
    path = campaign(verdict={"estimator": "kinisi"}, work_dir=str(tmp_path / "made"))
    main = f"import sys; sys.modules[{package!r}] = None; from workflows.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", main, command, str(path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"{path}: verdict.estimator = 'kinisi': kinisi is not installed (fix: install IonSieve's" in done.stderr
    assert "pip install '.[kinisi]'" in done.stderr
    assert not (tmp_path / "made").exists()


def test_no_campaign_file(environment, tmp_path):
    done = ionsieve(environment, tmp_path, "run", "none.yaml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "none.yaml: no such file" in done.stderr


def test_a_database_that_is_not_there(campaign, environment, tmp_path):
    file = tmp_path / "lp.yaml"
    secret = "topsecret"
    file.write_text(f"host: mongodb://me:{secret}@127.0.0.1:1/x?connectTimeoutMS=500\nuri_mode: true\nname: x\n")
    path = campaign(database={"mode": "launchpad", "launchpad_file": str(file)})
    done = ionsieve(environment, tmp_path, "status", str(path))
    assert done.returncode == 2, done.stderr
    assert "the database cannot be reached: nothing listens at its host and port" in done.stderr
    assert secret not in done.stderr + done.stdout
    assert done.stderr.count("\n") == 1


def test_a_campaign_that_was_not_submitted(campaign, environment, tmp_path, launchpad_file):
    path = campaign(database={"mode": "launchpad", "launchpad_file": str(launchpad_file)})
    done = ionsieve(environment, tmp_path, "status", str(path))
    assert done.returncode == 2
    assert "was not submitted" in done.stderr


def test_init_writes_a_campaign_that_is_right_and_never_overwrites(environment, tmp_path):
    assert ionsieve(environment, tmp_path, "init").returncode == 0
    assert ionsieve(environment, tmp_path, "check", "campaign.yaml").returncode == 0
    assert ionsieve(environment, tmp_path, "init").returncode == 2


def test_check_lists_every_key(environment, tmp_path):
    said = ionsieve(environment, tmp_path, "check", "--schema").stdout
    for key in ("name:", "doping[].dopants", "short_md.temperatures_K", "execution.max_reruns"):
        assert key in said


def test_a_calculator_that_fails_everywhere_ends_a_run_with_an_error(campaign, environment, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from ase.calculators.calculator import Calculator\n"
        "class Broken(Calculator):\n"
        "    implemented_properties = ['energy', 'forces', 'stress']\n"
        "    def calculate(self, *arguments, **options):\n"
        "        raise RuntimeError('no such weights')\n"
    )
    engine = {"preset": "toy", "settings": {"calculator": "mine:Broken"}}
    path = campaign(engine=engine, execution={"max_reruns": 0, "workers": 1}, ewald={"keep": 1})
    done = ionsieve(environment, tmp_path, "run", str(path))
    assert done.returncode == FINISHED_WITH_FAILURES, done.stderr
    assert "finished with failures" in done.stdout
    assert "no such weights" in done.stdout
    assert "Traceback" not in done.stderr
