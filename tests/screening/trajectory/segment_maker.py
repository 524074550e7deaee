"""Writes segments of trajectories for tests."""

import numpy as np


def write_segment(path, steps, positions, **changes):
    arrays = {
        "step": np.asarray(steps, dtype=np.int64),
        "time_fs": np.asarray(steps) * 2.0,
        "positions_A": positions,
        "cell_A": np.eye(3) * 10,
        "numbers": np.array([11, 16]),
        "temperature_K": np.full(len(steps), 600.0),
        "potential_eV": np.full(len(steps), -1.0),
        "total_eV": np.full(len(steps), -1.0),
        "format_version": np.array(1),
        "target_temperature_K": np.array(600.0),
        "timestep_fs": np.array(2.0),
    } | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path
