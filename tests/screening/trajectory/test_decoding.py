"""The process that decodes: the same frames as the decoder's own, and an error where it crashes or refuses."""

import numpy as np
import pytest

from screening.trajectory import decoding
from screening.trajectory.decoding import Decoder
from tests.screening.trajectory.formats.runs import argyrodite
from tests.screening.trajectory.formats.written import by_mdanalysis


@pytest.mark.parametrize("kind", ["xtc", "trr", "dcd"])
def test_frames_are_those_of_the_decoder(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    by_mdanalysis(argyrodite(12), path)
    reader, ions = decoding._open(str(path), kind)
    decoder = Decoder(path, kind)
    assert decoder.ions == ions == 52
    frames = list(decoder)
    decoder.close()
    assert len(frames) == 12
    for mine, read in zip(frames, reader, strict=True):
        np.testing.assert_array_equal(mine.positions, read.xyz if kind == "dcd" else read.x)
        assert (mine.time, mine.step) == ((0, 0) if kind == "dcd" else (pytest.approx(read.time), read.step))
        cell = mine.cell[:6] if kind == "dcd" else mine.cell.reshape(3, 3)
        np.testing.assert_allclose(cell, read.unitcell if kind == "dcd" else read.box)


def test_what_cannot_be_opened_is_an_error(tmp_path):
    (tmp_path / "a.dcd").write_bytes(b"\x54\x00\x00\x00CORD" + b"\x00" * 40)
    with pytest.raises(ValueError, match=r"\w"):
        Decoder(tmp_path / "a.dcd", "dcd")


def test_a_process_that_dies_is_an_error(tmp_path):
    path = tmp_path / "a.trr"
    by_mdanalysis(argyrodite(2000), path)
    decoder = Decoder(path, "trr")
    frames = iter(decoder)
    next(frames)
    decoder._process.kill()
    with pytest.raises(ValueError, match="crashed"):
        list(frames)
    decoder.close()
