"""The plot of a composition's Ewald energies: all of them where the search saw all, and the lowest ones."""

from io import BytesIO
from pathlib import Path

from ewald.files.atomic import write_atomic
from screening.plan.composition_record import CompositionRecord


def plot_energies(record: CompositionRecord, path: Path) -> None:
    """Draw the energy distribution of a composition as a PNG.

    Where every arrangement was visited, their histogram; in any case the lowest arrangements as lines, from the
    lowest one on.

    Parameters
    ----------
    record
        The composition with the outcome of its Ewald screen.
    path
        File to write; written whole or not at all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot()
    ground_eV = min(record.energies_eV)
    if record.histogram_counts:
        edges = [edge - ground_eV for edge in record.histogram_edges_eV]
        axes.stairs(record.histogram_counts, edges, fill=True, color="#7aa6c2", label="all arrangements")
        axes.set_yscale("log")
        axes.set_ylim(0.5, 2 * max(10.0, *record.histogram_counts))  # so that a count of one is visible
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylabel("arrangements")
    else:
        axes.set_yticks([])
    for rank, energy_eV in enumerate(record.energies_eV, start=1):
        axes.axvline(
            energy_eV - ground_eV, color="#b03a2e", linewidth=1, label="lowest, kept" if rank == 1 else "_nolegend_"
        )
    left, right = axes.get_xlim()
    margin = 0.05 * max(right, record.energies_eV[-1] - ground_eV, 0.01)
    axes.set_xlim(min(left, -margin), max(right, margin))
    proof = "certified lowest" if record.certified else "best found, not certified"
    axes.set_xlabel("Ewald energy above the lowest (eV per supercell)")
    axes.set_title(f"{record.id}: {proof}", fontsize=10)
    axes.legend(fontsize=8)
    buffer = BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    write_atomic(path, buffer.getvalue())
