"""A clock for tests of time limits, independent of the speed of the machine."""


class Ticks:
    """A clock that goes on by one second whenever it is read."""

    def __init__(self):
        self.read = 0

    def __call__(self):
        self.read += 1
        return float(self.read)
