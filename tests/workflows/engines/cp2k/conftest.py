"""Settings of CP2K without CP2K."""

from pathlib import Path

import pytest

from workflows.engines.cp2k.settings import Cp2kSettings


@pytest.fixture
def settings(tmp_path: Path) -> Cp2kSettings:
    """Settings with data files of their own, so that no CP2K is needed."""
    (tmp_path / "BASIS").write_text("Na DZ-q1 DZ-GGA-q1\nNA DZ-q9\nS DZ-q6\nCa DZ-q10\nP DZ-q5\n")
    (tmp_path / "POTENTIAL").write_text("Na GTH-q1\nNa GTH-q9\nS GTH-q6\nS GTH-q16\nCa GTH-q2\nCa GTH-q10\nP GTH-q3\n")
    mapping = {
        "data_dir": str(tmp_path),
        "basis_file": "BASIS",
        "potential_file": "POTENTIAL",
        "basis_family": "DZ-q",
        "potential_family": "GTH-q",
        "kinds": {"Na": {"basis": "DZ-q1", "potential": "GTH-q1"}},
        "magnetic_moments": {"Fe": 5},
    }
    return Cp2kSettings.model_validate(mapping)
