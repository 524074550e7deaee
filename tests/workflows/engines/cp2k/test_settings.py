"""The preset as shipped."""

from screening.campaign.execution import EngineChoice
from workflows.engines.registry import load_engine


def test_shipped_preset_takes_the_sodium_that_converges():
    engine = load_engine(EngineChoice(preset="cp2k"))
    assert engine.settings.kinds["Na"].potential == "GTH-PBE-q1"
    assert engine.settings.kinds["Na"].basis == "DZVP-MOLOPT-SCAN-GTH-q1"
