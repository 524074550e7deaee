import os
import pwd

from workflows.settings import MachineSettings


def test_nothing_said_means_the_known_packages_and_oneself(monkeypatch):
    monkeypatch.delenv("IONSIEVE_CALCULATOR_PACKAGES", raising=False)
    monkeypatch.delenv("IONSIEVE_TRUSTED_USERS", raising=False)
    assert "ase.calculators" in MachineSettings().allowed_packages
    assert MachineSettings().user_ids() == {os.getuid(), 0}


def test_the_environment_widens_both(monkeypatch):
    other = next(user for user in pwd.getpwall() if user.pw_uid not in (0, os.getuid()))
    monkeypatch.setenv("IONSIEVE_CALCULATOR_PACKAGES", " mine , ,yours")
    monkeypatch.setenv("IONSIEVE_TRUSTED_USERS", f"{other.pw_name}, nobody-of-this-name")
    assert MachineSettings().allowed_packages[-2:] == ("mine", "yours")
    assert MachineSettings().user_ids() == {os.getuid(), 0, other.pw_uid}
