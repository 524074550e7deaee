"""Read a finished campaign's record.json, without a database, and rank its candidates."""

import sys
from pathlib import Path

from screening.record import rank, read_record

here = Path(__file__).parent
record = read_record(Path(sys.argv[1]) if len(sys.argv) > 1 else here / "finished_campaign")

print(f"{record.campaign.name}: {record.campaign.description}")
for line in rank(record):
    hull, sigma = line.hull_energy_meV_per_atom, line.sigma_mS_cm
    near = "no hull energy" if hull is None else f"{hull:7.0f} meV/atom"
    fast = "no MD" if sigma is None else f"{sigma.mean:.3g} mS/cm ({sigma.low95:.2g} to {sigma.high95:.2g})"
    print(f"{line.rank:2d}. {line.candidate_id:28s} {near:16s} {fast:32s} {line.stage}: {line.verdict}")

print("\nwhy they went no further:")
for decision in record.decisions:
    if decision.verdict != "pass":
        print(f"  {decision.subject}, {decision.stage}: {decision.reason}")
