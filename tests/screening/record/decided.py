"""Campaign records made of decisions, for tests of what is concluded from them."""

from pymatgen.core import Lattice, Structure

from screening.arrangements.candidate import Candidate
from screening.campaign import Campaign
from screening.decision import Decision, Stage, Verdict
from screening.hull.result import HullRecord
from screening.record.record import CampaignRecord

CAMPAIGN = Campaign.model_validate(
    {
        "name": "demo",
        "mothers": [{"structure": "Na3PS4_cubic", "mobile": "Na"}],
        "doping": [{"site": "P", "dopants": ["Si4+"]}],
        "engine": {"preset": "toy"},
    }
)


P = Verdict.PASS


F = Verdict.FAIL


U = Verdict.UNDECIDED


def candidate(name):
    structure = Structure(Lattice.cubic(4), ["Na", "S"], [[0, 0, 0], [0.5] * 3])
    return Candidate(
        id=name, composition_id=name[:2], mother="m", formula="NaS", rank=1, ewald_energy_eV=-1.0, multiplicity="1",
        certified=True, structure=structure, mobile="Na",
    )  # fmt: skip


def decision(name, stage, verdict, value=1.0, **changes):
    values = {
        "campaign": "demo", "subject": name, "stage": stage, "quantity": "q", "value": value,
        "unit": "mS/cm" if stage in {Stage.SHORT_MD, Stage.LONG_MD} else "u",
        "threshold": 1.0, "verdict": verdict, "reason": "r", "inputs_hash": "h", "version": "0",
    }  # fmt: skip
    return Decision(**(values | changes))


def record(*decisions, hulls=()):
    names = dict.fromkeys(line.subject for line in decisions)
    return CampaignRecord(
        campaign=CAMPAIGN, revision="r", version="0", mothers=("m",), compositions=(),
        candidates=tuple(candidate(name) for name in names), relaxed=(), references=(), hulls=tuple(hulls), md=(),
        decisions=decisions,
    )  # fmt: skip


def plain_record(*decisions):
    """Give the decisions alone, without candidates."""
    return record().model_copy(update={"decisions": decisions})


def hull(name, energy):
    return HullRecord(
        candidate_id=name,
        hull_energy_meV_per_atom=energy,
        formation_energy_eV_per_atom=None,
        decomposition={},
        reaction="",
    )
