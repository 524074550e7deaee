"""Imports everything a worker needs, once, before commanders and workers are forked."""

# ruff: noqa: F401

import ase.io.espresso
import ase.optimize
import fireworks.scripts.lpad_run
import fireworks.scripts.rlaunch_run

import screening.transport.analysis
import screening.transport.verdict
import tests.workflows.engines.espresso.stand_in
import workflows.cli.main
import workflows.engines.ase.run
import workflows.engines.espresso.run
import workflows.firetasks.hull
import workflows.firetasks.md_look
import workflows.firetasks.md_segment
import workflows.firetasks.reference
import workflows.firetasks.references_done
import workflows.firetasks.relax
import workflows.firetasks.screen
import workflows.launchpad.commands
import workflows.operations.record_builder
import workflows.operations.submit
import workflows.recovery.recover
import workflows.references.hull_entries
import workflows.workers.local_run
import workflows.workers.worker


def _load_compiled_functions():
    """Evaluate the toy potential once: its compiled code then is in memory of every fork."""
    from ase.build import bulk

    from workflows.engines.ase.toy import ToyCalculator

    atoms = bulk("NaCl", "rocksalt", a=5.6)
    atoms.calc = ToyCalculator()
    atoms.get_potential_energy()


_load_compiled_functions()
