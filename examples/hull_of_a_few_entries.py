"""Energy above the hull and decomposition of a relaxed candidate, against entries of your own.

The energies are made up. What matters: all of them carry one `energy_key`, and energies of two codes are never mixed.
"""

from pymatgen.entries.computed_entries import ComputedEntry

from screening.hull import EntrySet, hull_energies
from screening.relaxation import Provenance, RelaxedStructure
from screening.shipped import shipped_structure

KEY = "made-up-energies"
references = EntrySet(
    (
        ComputedEntry("Na", -1.3, entry_id="Na metal"),
        ComputedEntry("P", -5.4, entry_id="black P"),
        ComputedEntry("S", -4.1, entry_id="alpha S"),
        ComputedEntry("Na2S", -10.4, entry_id="Na2S"),
        ComputedEntry("P2S5", -33.4, entry_id="P2S5"),
    ),
    KEY,
)

structure = shipped_structure("mothers", "Na3PS4_tet_exp")
formula_units = structure.composition["P5+"]
candidate = RelaxedStructure(
    id="Na3PS4",
    structure=structure,
    energy_eV=-32.4 * formula_units,
    converged=True,
    steps=20,
    max_force_eV_A=0.01,
    max_stress_GPa=0.1,
    volume_change=0.01,
    provenance=Provenance(engine="mine", code="mine", version="1", energy_key=KEY, settings={}),
)

(found,) = hull_energies([candidate], references, mobile="Na", window=True)
print(f"{found.hull_energy_meV_per_atom:.0f} meV/atom from the hull of the others (negative: more stable than them)")
print(f"it would decompose so: {found.reaction}")
if found.window_missing_compounds:
    print(f"no window against Na: it depends on {', '.join(found.window_missing_compounds)}, which have no entry")
else:
    print(f"window against Na: {found.window_low_V:.2f} to {found.window_high_V:.2f} V; {found.reduction}")
