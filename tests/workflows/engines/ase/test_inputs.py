"""From settings to a calculator: the device it is given, and what it is told about its run."""

import sys
from types import SimpleNamespace

import pytest
from ase.calculators.calculator import Calculator
from pymatgen.core import Structure

from workflows.engines.ase import calculator, inputs
from workflows.engines.ase.settings import AseSettings


class Recorder(Calculator):
    """Keeps what it was told."""

    def __init__(self, device: str = "", core_seconds: float | None = None) -> None:
        super().__init__()
        self.device, self.told = device, {}
        if core_seconds is not None:
            self.core_seconds = core_seconds

    def work_in(self, folder):
        self.told["folder"] = folder

    def with_stress(self, wanted):
        self.told["stress"] = wanted


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch):
    """Return settings of the recorder, and forget it afterwards."""
    monkeypatch.setitem(sys.modules, "recorded_calculators", SimpleNamespace(Recorder=Recorder))
    monkeypatch.setenv("IONSIEVE_CALCULATOR_PACKAGES", "recorded_calculators")
    calculator._calculator.cache_clear()
    yield AseSettings(
        calculator="recorded_calculators.Recorder", arguments={"device": "auto"}, mp2020_corrections=False
    )
    calculator._calculator.cache_clear()


@pytest.mark.parametrize(
    ("torch", "device"),
    [
        (SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: True)), "cuda"),
        (SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False)), "cpu"),
        (SimpleNamespace(), "cpu"),
        (None, "cpu"),
    ],
)
def test_auto_takes_a_gpu_only_when_torch_sees_one(recorder, monkeypatch, torch, device: str):
    if torch is None:
        monkeypatch.delitem(sys.modules, "torch", raising=False)
    else:
        torch.set_num_threads = lambda _: None
        monkeypatch.setitem(sys.modules, "torch", torch)
    assert inputs.build_calculator(recorder).device == device


def test_a_device_that_is_named_is_kept(recorder):
    settings = recorder.model_copy(update={"arguments": {"device": "cuda:1"}})
    assert inputs.build_calculator(settings).device == "cuda:1"


def test_a_calculator_learns_its_folder_and_whether_stress_is_needed(recorder, rocksalt: Structure, tmp_path):
    assert inputs.build_atoms(rocksalt, recorder, tmp_path, stress=False).calc.told == {
        "folder": tmp_path,
        "stress": False,
    }
    assert inputs.build_atoms(rocksalt, recorder).calc.told["stress"]


def test_core_seconds_are_those_the_calculator_knows_or_those_of_its_children(recorder, rocksalt: Structure):
    settings = recorder.model_copy(update={"arguments": {"core_seconds": 1e6}})
    assert inputs.core_seconds(inputs.build_atoms(rocksalt, settings)) > 1e6
    assert inputs.core_seconds(inputs.build_atoms(rocksalt, recorder)) < 1e6
