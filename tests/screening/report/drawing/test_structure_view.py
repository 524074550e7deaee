"""Coordinates packed for the viewer."""

import base64
import struct

import numpy as np

from screening.report.drawing.structure_view import packed


def test_packed_coordinates_come_back():
    fractions = np.random.default_rng(1).uniform(-1, 2, (50, 3))
    numbers = struct.unpack("<150H", base64.b64decode(packed(fractions.tolist())))
    assert np.abs(np.array(numbers).reshape(50, 3) / 65535 - fractions % 1.0).max() < 1e-5
