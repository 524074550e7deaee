"""Settings shared by all tests: hypothesis profiles, and skips that were not expected count as failures in CI."""

import lzma
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, so that a change is judged by what it changed; `thorough` looks further.
settings.register_profile(
    "ci", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

EXPECTED_SKIPS = Path(__file__).parent / "expected_skips.txt"


def _expected_skips() -> set[str]:
    lines = EXPECTED_SKIPS.read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip that expected_skips.txt does not name into a failure when CI=true."""
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or hasattr(report, "wasxfail") or os.environ.get("CI") != "true":
        return
    if item.nodeid.split("[")[0] not in _expected_skips():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"unexpected skip of {item.nodeid}: {reason}"


def _potential(name: str) -> Path | None:
    """Find a published potential: where IONSIEVE_POTENTIALS says, where scripts/test put it, or beside the checkout."""
    root = Path(__file__).parents[1]
    folders = (os.environ.get("IONSIEVE_POTENTIALS"), root / ".venv/potentials", root.parent / "shared/potentials")
    for folder in folders:
        for file in (name, f"{name}.xz"):
            if folder is not None and (path := Path(folder) / file).is_file():
                return path
    return None


@pytest.fixture(scope="session")
def nep89(tmp_path_factory) -> Path:
    """Model file of NEP89, 89 elements, and its runner installed."""
    pytest.importorskip("nep_adapters", reason="nep-adapters is not installed (IonSieve's extra nep)")
    found = _potential("nep89.txt")
    if found is None:
        pytest.skip("the model NEP89 is not here; scripts/test fetches it")
    if found.suffix != ".xz":
        return found
    unpacked = tmp_path_factory.mktemp("potentials") / "nep89.txt"
    unpacked.write_bytes(lzma.decompress(found.read_bytes()))
    return unpacked


@pytest.fixture(scope="session")
def llzo_nep() -> Path:
    """Model file of Li-La-Zr-O by Yan, Fan and Zhu, and its runner installed."""
    pytest.importorskip("nep_adapters", reason="nep-adapters is not installed (IonSieve's extra nep)")
    found = _potential("llzo_nep.txt")
    if found is None:
        pytest.skip("the model of Li-La-Zr-O is not here: GPUMD-Tutorials, example 24, into IONSIEVE_POTENTIALS")
    return found


_failed: list[str] = []


def pytest_runtest_logreport(report):
    """Note what failed, for the last lines of the output."""
    if report.failed:
        _failed.append(f"{report.nodeid} ({report.when})")


def pytest_unconfigure(config):
    """Name what failed in the last lines: CI logs are cut, and pytest's summary can hold whole records."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if _failed and reporter and not hasattr(config, "workerinput"):
        reporter.write_line("\nFailed:")
        for name in dict.fromkeys(_failed):
            reporter.write_line(f"  {name}")
