"""The model of compositions on OBELiX's official split: learned from the training part, asked about the test part.

``python -m benchmarks.composition_prior`` prints the table of docs/topics/closed-loop.md. The model was chosen by
cross-validation on the training part alone. `obelix_test.csv` is the test split of OBELiX, F. Therrien et al., Digital
Discovery (2026), doi:10.1039/d5dd00441a (CC BY 4.0).
"""

from pathlib import Path

from screening.prior import Scores, fit_prior, read_measurements, score, score_held_out, shipped_measurements

TEST = Path(__file__).parent / "obelix_test.csv"
COLUMNS = "| | n | MAE, decades | bounds as 1e-15 | bounds as values | Spearman | held by 90 % intervals |"


def line(name: str, found: Scores) -> str:
    """Return a row of the table."""
    return (
        f"| {name} | {found.measurements} | {found.mae:.2f} | {found.mae_obelix:.2f} | {found.mae_at_bound:.2f} "
        f"| {found.spearman:.2f} | {100 * found.held90:.0f} % |"
    )


def main() -> None:
    """Print the scores of cross-validation and of the test split."""
    prior = fit_prior(shipped_measurements())
    test = read_measurements(TEST)
    print(COLUMNS + "\n|" + "---|" * COLUMNS.count(" |"))
    print(line("training split, publications and compositions held out", score_held_out(prior.held_out)))
    print(line("test split", score(prior.predict([one.formula for one in test]), test)))


if __name__ == "__main__":
    main()
