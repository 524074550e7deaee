"""Pictures of MSD and Arrhenius line as files."""

import pytest

from ewald.errors import UserError
from screening.report.drawing.transport_figure import check_figure_name, write_figure
from screening.transport import fit_arrhenius
from tests.screening.transport.test_replicas import results


@pytest.fixture(scope="module")
def runs():
    first, second = results(2)
    return [first, second.model_copy(update={"temperature_K": 800.0})]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_pictures_are_written(runs, tmp_path, kind):
    fit = fit_arrhenius([600, 800], [run.sigma_mS_cm for run in runs])
    write_figure(runs, fit, tmp_path / f"two.{kind}")
    write_figure(runs[:1], None, tmp_path / f"one.{kind}")
    assert (tmp_path / f"two.{kind}").stat().st_size > (tmp_path / f"one.{kind}").stat().st_size > 1000
    if kind == "svg":
        assert "E" in (tmp_path / "two.svg").read_text()


def test_names_of_no_picture(tmp_path):
    with pytest.raises(UserError, match=r"use \.png"):
        check_figure_name(tmp_path / "a.txt")
