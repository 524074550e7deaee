"""Settings shared by all tests: hypothesis profiles, and skips that were not expected count as failures in CI."""

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
