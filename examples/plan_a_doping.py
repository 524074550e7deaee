"""Plan a doping campaign without computing anything, and look at what cannot be made neutral."""

from pathlib import Path

from screening.campaign import Campaign
from screening.plan import build_plan

campaign = Campaign(
    name="plan-only",
    mothers=[{"structure": "Na3SbS4_tet_derived", "name": "Na3SbS4", "mobile": "Na"}],
    doping=[
        {"site": "Sb", "dopants": ["W6+", "Sn4+"], "levels": ["1/4", "1/2"], "compensation": ["vacancy"]},
        {"site": "S", "dopants": ["Cl-"], "levels": ["1/16"], "compensation": ["vacancy"]},
    ],
    supercell={"target_ions": 128},
    engine={"preset": "toy"},
)
plan = build_plan(campaign, Path.cwd(), count_distinct=False)

for one in plan.compositions:
    print(f"{one.id:28s} {one.ions:4d} ions  {int(one.configurations):9.2e} arrangements  by {one.compensation}")
# Sn4+ has less charge than Sb5+, and Na vacancies would make it worse; the route `interstitial` compensates it.
for refused in plan.not_compensated:
    print(f"not neutral: {refused.substitution}: {refused.reason}")
