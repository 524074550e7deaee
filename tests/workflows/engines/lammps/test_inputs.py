"""LAMMPS' scripts and data file."""

import numpy as np
import pytest
from pymatgen.core import Structure

from ewald.errors import CampaignError
from screening.trajectory.formats.hints import Elements
from screening.trajectory.formats.lammps import dump_frames, read_data
from screening.trajectory.formats.opening import Source
from workflows.engines.lammps import inputs
from workflows.engines.lammps.settings import LammpsSettings


@pytest.fixture
def cell(settings: LammpsSettings, magnetite: Structure) -> inputs.Cell:
    return inputs.Cell(magnetite, settings.model_copy(update={"checkpoint_steps": 30, "masses_amu": {"O": 32.0}}))


def test_our_own_reader_reads_the_data_file(cell: inputs.Cell, tmp_path):
    (tmp_path / "start.data").write_text(cell.data().replace("# Fe2+", "# Fe").replace("# Fe3+", "# Fe"))
    found = read_data(Source(tmp_path / "start.data"), Elements())
    assert found.numbers.tolist() == [26, 26, 26, 8, 8, 8, 8]
    assert found.cell_A == pytest.approx(cell.box.cell_A)
    assert found.positions_A == pytest.approx(cell.structure.cart_coords)
    assert "1 32.0 # O" in cell.data()


def test_a_moved_geometry_is_a_dump_of_the_same_cell(cell: inputs.Cell, tmp_path):
    tilted = Structure([[4, 0, 0], [-1.5, 5, 0], [0.7, -2, 6]], cell.structure.species, cell.structure.frac_coords)
    box = inputs.Box.of(tilted.lattice.matrix)
    text = inputs.moved(box, box.places(tilted.cart_coords))
    path = tmp_path / "moved.dump"
    path.write_text(text)
    with path.open() as handle:
        (frame,) = dump_frames(handle, ("x", "y", "z"), path)
    assert frame.cell == pytest.approx(box.cell_A)
    assert frame.origin == pytest.approx(np.zeros(3), abs=1e-12)
    assert np.array_equal(frame.values, tilted.cart_coords)


def test_blocks_end_at_multiples_and_at_the_end_of_the_segment(cell: inputs.Cell, job):
    def runs(first, end):
        lines = inputs.md_script(cell, job, first=first, end=end).splitlines()
        return [int(line.split()[1]) for line in lines if line.startswith("run ")], lines

    assert runs(0, 70)[0] == [30, 30, 10]
    counts, lines = runs(70, 130)
    assert counts == [20, 30, 10]
    assert "read_restart start.restart" in lines
    assert [line for line in lines if line.startswith("read_")] == [
        "read_restart start.restart", "read_restart state.90.restart", "read_restart state.120.restart",
    ]  # fmt: skip
    assert lines.count("clear") == 2
    assert not any(line.startswith("velocity") for line in lines)
    assert any(line.startswith("velocity all create 600.0") for line in runs(0, 70)[1])


def test_thermostats(cell: inputs.Cell, job):
    assert "fix bath all nvt temp 600.0 600.0 0.1" in inputs.md_script(cell, job, first=0, end=40)
    langevin = job.model_copy(update={"thermostat": "langevin"})
    whole = inputs.md_script(cell, langevin, first=0, end=90).splitlines()
    part = inputs.md_script(cell, langevin, first=30, end=90).splitlines()
    baths = [line for line in whole if line.startswith("fix bath")]
    # Every block has its own seed, which a run that starts there has too.
    assert len(set(baths)) == 3
    assert [line for line in part if line.startswith("fix bath")] == baths[1:]
    with pytest.raises(CampaignError, match="nose-hoover or langevin"):
        inputs.md_script(cell, job.model_copy(update={"thermostat": "berendsen"}), first=0, end=40)


def test_times_are_in_the_units_of_the_lines(cell: inputs.Cell, job, magnetite: Structure, settings):
    real = inputs.Cell(magnetite, settings.model_copy(update={"units": "real"}))
    assert "\ntimestep 0.002\n" in inputs.md_script(cell, job, first=0, end=40)
    assert "\ntimestep 2\n" in inputs.md_script(real, job, first=0, end=40)
    assert "600.0 100" in inputs.md_script(real, job, first=0, end=40)
