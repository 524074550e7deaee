"""Work of numbered units for tests of the scheduler, and a checkpoint that writes every unit at once."""

from dataclasses import dataclass, field

from ewald.parallel.checkpoint import Checkpoint


@dataclass
class Toy:
    """Collects unit numbers; fails at one of them if told to."""

    units: int
    fails_at: int = -1
    seen: list = field(default_factory=list)

    def size(self, unit):
        return 1

    def run(self, unit, threshold):
        if unit == self.fails_at:
            raise RuntimeError("unit failed")
        assert threshold() >= 100.0 - self.units
        self.seen.append(unit)
        return (unit,)

    def finished(self, part):
        return True

    def merge(self, left, right):
        return tuple(sorted(left + right))

    def threshold_of(self, part):
        return 100.0 - max(part)

    def best_of(self, part):
        return -float(max(part))

    def encode(self, part):
        return ",".join(map(str, part)).encode()

    def decode(self, data):
        return tuple(map(int, data.decode().split(",")))


class _Eager(Checkpoint):
    def journal(self, attempt, rank, interval_s=1.0):
        return super().journal(attempt, rank, 0.0)


def eager(directory, key):
    """A checkpoint that writes every unit at once."""
    return _Eager(directory, key)
