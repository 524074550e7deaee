"""A made-up but plausible campaign record, for tests of what is made from records. Its numbers mean nothing."""

import math
import random
from fractions import Fraction

from pymatgen.core import Lattice, Structure

from screening.arrangements.candidate import Candidate
from screening.campaign import Campaign
from screening.decision import Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.hull.result import HullRecord
from screening.plan.composition_record import CompositionRecord
from screening.record.record import CampaignRecord, MDRecord
from screening.relaxation.relaxation import OutcomeCheck, Provenance, RelaxedStructure
from screening.transport.conductivity import TransportResult

HOSTS = {"Na3PS4": "P", "Na3SbS4": "Sb", "Na3PS4_tet": "P"}
DOPANTS = (("W", 6, "1/8"), ("W", 6, "1/4"), ("Si", 4, "1/4"), ("Mo", 6, "1/2"))
IDENTITY = ((2, 0, 0), (0, 1, 0), (0, 0, 1))
PROVENANCE = Provenance(
    engine="ase", code="toy", version="1.0", energy_key="toy-1", settings={"model": "harmonic", "dispersion": False}
)


def make_campaign(*, demonstration: bool = True) -> Campaign:
    return Campaign.model_validate(
        {
            "name": "made-up",
            "description": 'Sulfides <b>&</b> "quotes"',
            "demonstration": demonstration,
            "mothers": [{"structure": name, "mobile": "Na"} for name in HOSTS],
            "doping": [{"site": "Sb", "mothers": ["Na3SbS4"], "dopants": ["W6+", "Si4+", "Mo6+"]}],
            "engine": {"preset": "toy"},
            "short_md": {
                "timestep_fs": 10,
                "length_ps": 10,
                "segment_ps": 2.5,
                "equilibration_ps": 1,
                "temperatures_K": [600.0],
            },
            "long_md": {
                "timestep_fs": 2,
                "length_ps": 25,
                "max_length_ps": 100,
                "segment_ps": 5,
                "equilibration_ps": 1,
                "temperatures_K": [500.0, 600.0, 700.0],
            },
        }
    )


def make_record(seed: int = 7, *, demonstration: bool = True) -> CampaignRecord:
    maker = _Maker(seed)
    for mother, host in HOSTS.items():
        for dopant, valence, level in DOPANTS:
            maker.composition(mother, host, dopant, valence, level)
    return CampaignRecord(
        campaign=make_campaign(demonstration=demonstration),
        revision="abc123def456",
        version="0.1.0",
        mothers=tuple(HOSTS),
        compositions=tuple(maker.compositions),
        candidates=tuple(maker.candidates),
        relaxed=tuple(maker.relaxed),
        references=(),
        hulls=tuple(maker.hulls),
        md=tuple(maker.md),
        decisions=tuple(maker.decisions),
        seconds_by_stage={"ewald": 31.0, "relax": 4200.5, "short_md": 9000.0, "long_md": 26000.0},
    )


class _Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.compositions, self.candidates, self.relaxed, self.hulls, self.md = [], [], [], [], []
        self.decisions = []

    def decide(self, subject, stage, quantity, value, unit, threshold, verdict, reason, **more):  # noqa: PLR0917
        self.decisions.append(
            Decision(
                campaign="made-up",
                subject=subject,
                stage=stage,
                quantity=quantity,
                value=value,
                unit=unit,
                threshold=threshold,
                verdict=verdict,
                reason=reason,
                version="0.1.0",
                inputs_hash=f"{sum(map(ord, subject + quantity)):08x}",
                **more,
            )
        )

    def composition(self, mother, host, dopant, valence, level):
        route = "vacancy" if valence == 6 else "interstitial"
        name = f"{mother}-{dopant}{float(Fraction(level)):g}-{route[:3]}"
        unfinished = name == "Na3PS4_tet-Mo0.5-vac"
        energies = tuple(sorted(-150.0 + self.random.gauss(0, 0.3) for _ in range(5)))
        edges = tuple(-151 + 0.1 * i for i in range(41))
        counts = tuple(round(1e6 * math.exp(-((e + 149) ** 2)), 1) for e in edges[:-1])
        self.compositions.append(
            CompositionRecord(
                id=name,
                mother=mother,
                formula=f"Na2.875{host}0.875{dopant}0.125S4",
                supercell=IDENTITY,
                ions=31,
                compensation=route,
                configurations=str(self.random.choice((40320, 211_266_225, 10**19))),
                distinct_configurations=None if unfinished else "18261",
                method=None if unfinished else "exact",
                certified=None if unfinished else valence == 6,
                gap_eV=None if unfinished else 0.0 if valence == 6 else 0.12,
                evaluated=None if unfinished else "18261",
                seconds=None if unfinished else 1.5,
                energies_eV=() if unfinished else energies,
                histogram_edges_eV=edges if level == "1/4" else (),
                histogram_counts=counts if level == "1/4" else (),
            )
        )
        self.decide(name, Stage.ENUMERATE, "charge", 0.0, "e", 0.0, Verdict.PASS, f"neutral by {route}")
        if unfinished:
            return
        for rank, energy in enumerate(energies, start=1):
            self.candidate(name, mother, host, dopant, rank, energy)

    def candidate(self, composition, mother, host, dopant, rank, energy):  # noqa: PLR0917
        subject = f"{composition}_a{rank}"
        structure = _structure(host, dopant, self.random)
        self.candidates.append(
            Candidate(
                id=subject,
                composition_id=composition,
                mother=mother,
                formula=structure.composition.reduced_formula,
                rank=rank,
                ewald_energy_eV=energy,
                multiplicity="384",
                certified=True,
                structure=structure,
                mobile="Na",
            )
        )
        if rank == 5 and dopant == "Mo":
            return  # still waiting
        sound = self.random.random() > 0.12
        self.relaxed.append(
            RelaxedStructure(
                id=subject,
                structure=structure,
                energy_eV=energy * 0.9 + self.random.gauss(0, 0.2),
                converged=sound,
                steps=61,
                max_force_eV_A=0.021 if sound else 0.4,
                max_stress_GPa=0.1,
                volume_change=0.031,
                provenance=PROVENANCE,
                core_seconds=70.0,
                checks=(
                    OutcomeCheck(
                        name="forces",
                        passed=sound,
                        measured=0.021 if sound else 0.4,
                        limit=0.03,
                        reason="largest force",
                    ),
                ),
            )
        )
        self.decide(
            subject,
            Stage.RELAX,
            "max_force",
            0.021 if sound else 0.4,
            "eV/A",
            0.03,
            Verdict.PASS if sound else Verdict.FAIL,
            "forces converged" if sound else "forces not converged in 500 steps",
        )
        if sound:
            self.hull(subject, rank)

    def hull(self, subject, rank):
        value = abs(self.random.gauss(55, 35)) + 6 * rank
        self.hulls.append(
            HullRecord(
                candidate_id=subject,
                hull_energy_meV_per_atom=value,
                formation_energy_eV_per_atom=-1.1,
                decomposition={"Na3PS4": 0.7, "WS2": 0.2, "S": 0.1},
                reaction="Na2.875P0.875W0.125S4 -> 0.7 Na3PS4 + 0.2 WS2",
                missing_systems=("Na-Mo-S",) if "Mo" in subject else (),
                window_low_V=1.2 if rank < 3 else None,
                window_high_V=2.1 if rank < 3 else None,
            )
        )
        passed = value <= 100
        self.decide(
            subject,
            Stage.HULL,
            "hull_energy",
            value,
            "meV/atom",
            100.0,
            Verdict.PASS if passed else Verdict.FAIL,
            f"{value:.0f} meV/atom above the hull",
            audited=not passed and rank == 2,
            warnings=("no reference phase in Na-Mo-S",) if "Mo" in subject else (),
        )
        if passed and rank == 1:
            self.short(subject)

    def short(self, subject):
        sigma = 10 ** self.random.gauss(0.4, 0.8)
        result = self.run(subject, Stage.SHORT_MD, 600.0, 10.0, sigma)
        verdict, chance = (
            (Verdict.PASS, 0.95)
            if sigma > 1.5
            else (Verdict.UNDECIDED, 0.5)
            if sigma > 1 / 1.5
            else (Verdict.FAIL, 0.02)
        )
        self.decide(
            subject,
            Stage.SHORT_MD,
            "conductivity",
            sigma,
            "mS/cm",
            1.0,
            verdict,
            f"P(sigma > 1) = {chance:.2f}",
            low95=result.sigma_mS_cm.low95,
            high95=result.sigma_mS_cm.high95,
            temperature_K=600.0,
            probability_above=chance,
        )
        if verdict is not Verdict.FAIL:
            noisy = sigma * 10 ** self.random.gauss(0, 0.3)
            for kelvin in (500.0, 600.0, 700.0):
                self.run(subject, Stage.LONG_MD, kelvin, 2.0, noisy * math.exp((kelvin - 600) / 90))
            self.decide(
                subject,
                Stage.LONG_MD,
                "conductivity",
                noisy,
                "mS/cm",
                1.0,
                Verdict.PASS if noisy > 1.3 else Verdict.UNDECIDED if noisy > 0.8 else Verdict.FAIL,
                "judged at 300 K",
                low95=noisy * 0.7,
                high95=noisy * 1.4,
                temperature_K=300.0,
                probability_above=0.95 if noisy > 1.3 else 0.5 if noisy > 0.8 else 0.02,
            )

    def run(self, subject, stage, kelvin, step_fs, sigma):
        scatter = 1.5 if stage is Stage.SHORT_MD else 1.2
        D = sigma * 2e-6
        times = tuple(0.25 * i for i in range(1, 60))
        msd = tuple(0.8 + 6e4 * D * t * (1 + 0.1 * math.sin(t)) for t in times)
        transport = TransportResult(
            species="Na",
            temperature_K=kelvin,
            D_cm2_s=Estimate(mean=D, low95=D / scatter, high95=D * scatter),
            tensor_cm2_s=((D, 0, 0), (0, D, 0), (0, 0, D)),
            eigenvalues_cm2_s=(D, D, D),
            D_charge_cm2_s=None,
            haven_ratio=None,
            sigma_mS_cm=Estimate(mean=sigma, low95=sigma / scatter, high95=sigma * scatter),
            sigma_charge_mS_cm=None,
            warnings=("few hops",) if sigma < 0.5 else (),
            length_ps=9,
            equilibration_ps=1,
            frames=180,
            mobile_ions=17,
            hops_per_ion=2.2,
            framework_msd_A2=0.3,
            msd_time_ps=times,
            msd_A2=msd,
        )
        self.md.append(
            MDRecord(
                candidate_id=subject,
                stage=stage,
                temperature_K=kelvin,
                timestep_fs=step_fs,
                steps=int((100 if stage is Stage.SHORT_MD else 1000) * (6 + 4 * self.random.random())),
                segments=3,
                trajectory_files=(f"{stage}/{subject}/{kelvin:.0f}K/segment-0000.npz",),
                energy_drift_meV_atom_ps=0.02,
                mean_temperature_K=kelvin + 3,
                transport=transport,
                ended="verdict certain",
                core_seconds=2000.0,
            )
        )
        return transport


def _structure(host, dopant, chance):
    species, coords = [], []
    for i in range(2):
        for element, frac in (
            (host if i else dopant, (0, 0, 0)),
            ("Na", (0.5, 0, 0.1)),
            ("Na", (0, 0.5, 0)),
            ("Na", (0.5, 0.5, 0.4)),
            ("S", (0.2, 0.2, 0.2)),
            ("S", (0.8, 0.8, 0.2)),
            ("S", (0.8, 0.2, 0.8)),
            ("S", (0.2, 0.8, 0.8)),
        ):
            species.append(element)
            coords.append([(frac[0] + i) / 2 + chance.gauss(0, 0.005), frac[1], frac[2]])
    return Structure(Lattice.orthorhombic(14, 7, 7.1), species, coords)
