import pytest

from tests.made_up_conductivities import shipped
from workflows.loop import prior as module

pytest.importorskip("sklearn")


def test_the_calibration_is_kept_and_a_damaged_one_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "shipped_measurements", shipped)
    first = module.open_prior().predict(["Li3PS4"])
    (kept,) = tmp_path.rglob("*.json")
    written = kept.read_bytes()
    assert module.open_prior().predict(["Li3PS4"]) == first
    kept.write_bytes(written.replace(b"0.1", b"0.2", 1))
    assert module.open_prior().predict(["Li3PS4"]) == first
    assert kept.read_bytes() == written


def test_an_own_table_changes_what_is_predicted(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "shipped_measurements", shipped)
    rows = "".join(f"Na3PS{i / 10 + 3:.1f},1e-3,mine {i}\n" for i in range(10))
    table = tmp_path / "own.csv"
    table.write_text("formula,sigma_S_cm,source\n" + rows)
    without, known = (module.open_prior(tables).predict(["Na3PS4"])[0] for tables in ((), (table,)))
    assert "no conductor of Na" in without.outside
    assert not known.outside
    assert abs(known.log10_sigma_S_cm + 3) < abs(without.log10_sigma_S_cm + 3)


def test_a_calibration_of_another_model_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "shipped_measurements", shipped)
    module.open_prior()
    other = tmp_path / "code"
    other.mkdir()
    (other / "members.py").write_text("# another model")
    monkeypatch.setattr(module.prior, "__path__", [str(other)])
    module.open_prior()
    assert len(list(tmp_path.rglob("*.json"))) == 2
