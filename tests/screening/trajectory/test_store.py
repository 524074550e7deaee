import numpy as np

from screening.trajectory.store import PositionStore


def test_frames_come_back_in_order_however_they_were_added():
    rng = np.random.default_rng(0)
    frames = rng.normal(scale=50, size=(700, 4000, 3))
    store = PositionStore(4000)
    store.append(frames[0])
    store.extend(frames[1:650])
    for frame in frames[650:]:
        store.append(frame)
    assert store.count == 700
    taken = store.take()
    assert taken.dtype == np.float32
    np.testing.assert_allclose(taken, frames, rtol=1e-6)


def test_nothing_added_is_no_frame():
    assert PositionStore(5).take().shape == (0, 5, 3)
