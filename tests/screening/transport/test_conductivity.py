import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.transport.conductivity import TransportResult, nernst_einstein_mS_cm
from tests.campaign_record import make_record


def test_nernst_einstein_by_hand():
    # n = 1e22 cm-3, D = 1e-8 cm2/s, T = 300 K: n e^2 D / kT = 1e28 * 2.56697e-38 * 1e-12 / 4.141947e-21 = 0.0619749 S/m
    sigma = nernst_einstein_mS_cm(1e-8, ions=10, volume_A3=1000.0, temperature_K=300.0)
    assert sigma == pytest.approx(0.619749, rel=1e-5)
    assert nernst_einstein_mS_cm(1e-8, ions=10, volume_A3=1000, temperature_K=300, charge_e=2) == pytest.approx(
        4 * sigma
    )


@given(st.floats(1e-12, 1e-3), st.integers(1, 500), st.floats(100, 1e5), st.floats(100, 2000))
def test_nernst_einstein_scales(D, ions, volume, temperature):
    sigma = nernst_einstein_mS_cm(D, ions=ions, volume_A3=volume, temperature_K=temperature)
    larger = nernst_einstein_mS_cm(2 * D, ions=2 * ions, volume_A3=2 * volume, temperature_K=2 * temperature)
    assert larger == pytest.approx(sigma)


def test_a_result_of_an_earlier_version_without_a_hop_is_a_bound():
    document = make_record().md[0].transport.to_document() | {"hops_per_ion": 0.0}
    read = TransportResult.from_document(document)
    assert read.sigma_mS_cm.bound == read.D_cm2_s.bound == "no hop"
    assert read.sigma_mS_cm.high95 == document["sigma_mS_cm"]["high95"]
    assert read.sigma_mS_cm.mean == sum(read.eigenvalues_cm2_s) == 0
    assert TransportResult.from_document(read.to_document()) == read
