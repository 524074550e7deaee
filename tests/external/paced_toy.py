"""The toy potential at a pace of the test's choice: a run that no machine, however fast, ends before it is stopped."""

import os
import time

from workflows.engines.ase.toy import ToyCalculator

PACKAGE = "tests.external.paced_toy"
#: Settings of the toy preset that have it used; its version is that of the package named.
SETTINGS = {"calculator": f"{PACKAGE}.PacedToy", "package": "ase", "checkpoint_every_s": 0.5}
#: Seconds that each evaluation takes at least, in the environment of the process that computes.
PACE = "PACED_TOY_S"


class PacedToy(ToyCalculator):
    """Waits before each evaluation; computes what the toy potential does."""

    def calculate(self, *arguments, **options):
        time.sleep(float(os.environ.get(PACE, "0")))
        super().calculate(*arguments, **options)
