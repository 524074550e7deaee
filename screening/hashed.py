"""Settings as they enter hashes: the same in every release, whatever keys a later one adds.

Revisions, folders and results go by hashes of settings. A release that adds a key must find what an earlier one began,
so a key that came after release 0.1 counts only where it differs from its default. The default of such a key is
therefore what releases without the key did, and never changes. The keys of release 0.1 always count: where a release
changes one of their defaults, a campaign that relied on it becomes another one.
"""

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel

#: The keys of release 0.1 by model, and of a later section those it came with. A model that is not listed enters hashes
#: whole.
FIRST_KEYS = {
    model: frozenset(keys.split())
    for model, keys in {
        "Campaign": "name description demonstration seed work_dir mothers doping include_undoped supercell ewald "
        "engine engines relax hull short_md long_md validation verdict audit database execution",
        "MotherSpec": "structure name mobile charges block ignore_formula",
        "DopantRule": "valences radius_tolerance exclude allow_toxic allow_expensive electronegativity_test "
        "min_substitution_probability",
        "DopingPlan": "site mothers dopants pairs mixtures rule levels compensation codopant codopant_site "
        "interstitial_sites interstitial_min_distance_A",
        "SupercellPlan": "target_ions max_ions matrix",
        "SupercellSublattice": "name sites species counts",
        "EwaldStage": "keep method time_limit_s min_distance_A pairs",
        "PairModel": "permittivity charges cutoff_A terms",
        "PairTerm": "between cutoff_A born_mayer buckingham morse lennard_jones inverse_power table",
        "EngineChoice": "preset settings seal queue category",
        "RelaxationStage": "engines force_eV_A stress_GPa max_steps prerelax_force_eV_A max_volume_change "
        "max_framework_loss",
        "HullStage": "threshold_meV_per_atom keep_per_composition references references_file exclude_references "
        "reference_structures allow_missing_references electrode_window cathodes max_cathode_reaction_meV_per_atom "
        "min_window_V",
        "MDStage": "engine temperatures_K timestep_fs length_ps max_length_ps segment_ps equilibration_ps "
        "frame_every_fs thermostat thermostat_time_fs segment_walltime_s adaptive",
        "Validation": "engine frames max_force_error_eV_A min_correlation max_energy_error_meV_atom on_doubt",
        "VerdictRule": "threshold_mS_cm temperature_K pass_probability fail_probability close_factor conductivity "
        "estimator",
        "Audit": "fraction",
        "DatabaseChoice": "mode launchpad_file name",
        "Execution": "workers threads_per_worker max_reruns mpi_launcher mpi_ranks",
        "Resources": "cores threads nodes gpus memory_GB walltime_h queue account qos constraint category priority "
        "at_most",
        "LiteraturePoint": "mother formula temperature_K sigma_mS_cm source",
        "Strategy": "method batch prior budget_core_hours least_gain command",
        "Provenance": "engine code version energy_key settings",
        "MDSegmentJob": "folder index temperature_K timestep_fs steps frame_every thermostat thermostat_time_fs seed "
        "walltime_s",
        "EspressoSettings": "executable launcher threads cores version pseudo_dir pseudopotentials input_data "
        "kpoint_spacing_per_A scf_walltime_s mp2020_corrections cost_ms_per_ion",
    }.items()
}  # fmt: skip


def hashed(model: BaseModel, exclude: Collection[str] = ()) -> dict[str, Any]:
    """Return a model's JSON document without later keys that have their default, at any depth.

    Parameters
    ----------
    model
        The settings.
    exclude
        Keys of the model itself that are left out.

    Examples
    --------
    >>> class Audit(BaseModel):
    ...     fraction: float = 0.0
    ...     added_later: int = 3
    >>> hashed(Audit()), hashed(Audit(added_later=4))
    ({'fraction': 0.0}, {'fraction': 0.0, 'added_later': 4})
    """
    document = model.model_dump(mode="json", exclude=set(exclude))
    _leave_out(document, model)
    return document


def _leave_out(document: Any, value: object) -> None:
    """Take the later keys that have their default out of a document, walking it along with the value it was made of."""
    if isinstance(value, BaseModel) and isinstance(document, dict):
        first = FIRST_KEYS.get(type(value).__name__)
        for name, field in type(value).model_fields.items():
            own = getattr(value, name)
            later = first is not None and name not in first
            if later and own == field.get_default(call_default_factory=True):
                document.pop(name, None)
            elif name in document:
                _leave_out(document[name], own)
    elif isinstance(value, dict) and isinstance(document, dict):
        for inner, own in zip(document.values(), value.values(), strict=True):
            _leave_out(inner, own)
    elif isinstance(value, list | tuple) and isinstance(document, list):
        for inner, own in zip(document, value, strict=True):
            _leave_out(inner, own)
