"""How findings are printed."""

from ewald.errors import install_extra
from workflows.doctor.examination import document, lines, sound
from workflows.doctor.finding import Finding, State

GOOD = Finding("engine", "toy", State.OK, "ToyCalculator 1")
LACKING = Finding("engine", "vasp", State.NOT_SET_UP, "no licence", "buy one")
BAD = Finding("installation", "numpy", State.BROKEN, "not installed", "install it")


def test_every_finding_is_one_line_and_what_to_do_stands_below():
    printed = list(lines([GOOD, LACKING]))
    assert printed[0] == "engine"
    assert "to do: buy one" in printed[3]
    assert printed[-2] == "engines that can start here: toy"
    assert "installed correctly" in printed[-1]


def test_how_an_extra_is_installed_is_said_once():
    way = install_extra("kinisi")
    found = [
        Finding("extra", "kinisi", State.MISSING, "not installed: kinisi", way),
        Finding("extra", "ase", State.MISSING, "not installed: ase", install_extra("ase")),
        Finding("engine", "toy", State.MISSING, "ASE is not installed", install_extra("ase")),
    ]
    printed = list(lines(found))
    assert sum("pip install" in line for line in printed) == 1
    assert sum("to do: install the extra ase" in line for line in printed) == 1
    assert "pip install" in document(found)["findings"][2]["fix"]
    assert not any("pip install" in line for line in lines([GOOD, LACKING]))


def test_only_what_is_broken_makes_it_unsound():
    assert sound([GOOD, LACKING])
    assert not sound([GOOD, BAD])
    assert "broken" in list(lines([BAD]))[-1]
    assert document([BAD])["findings"][0] == {
        "group": "installation",
        "name": "numpy",
        "state": "broken",
        "detail": "not installed",
        "fix": "install it",
    }
