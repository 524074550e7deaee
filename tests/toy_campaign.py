"""A campaign of seconds with the toy potential, for tests of whole runs."""

TOY = {
    "name": "toy",
    "demonstration": True,
    "mothers": [{"structure": "Na3SbS4_tet_derived", "name": "Na3SbS4", "mobile": "Na"}],
    "doping": [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/2"], "compensation": ["vacancy"]}],
    "include_undoped": False,
    "supercell": {"target_ions": 16, "max_ions": 16},
    "ewald": {"keep": 2},
    "engine": {"preset": "toy"},
    "relax": {
        "force_eV_A": 0.5,
        "stress_GPa": 20,
        "max_steps": 60,
        "prerelax_force_eV_A": None,
        "max_volume_change": 0.9,
        "max_framework_loss": 1,
    },
    "hull": {"threshold_meV_per_atom": 100000, "exclude_references": ["Na2S4", "Na2S5", "Sb2S3", "Na2S2"]},
    "short_md": {
        "temperatures_K": [600],
        "timestep_fs": 5,
        "length_ps": 0.2,
        "segment_ps": 0.1,
        "equilibration_ps": 0.05,
        "frame_every_fs": 5,
        "adaptive": False,
    },
    "long_md": {
        "temperatures_K": [500, 600],
        "timestep_fs": 5,
        "length_ps": 0.2,
        "max_length_ps": 0.3,
        "segment_ps": 0.1,
        "equilibration_ps": 0.05,
        "frame_every_fs": 5,
    },
    "verdict": {"temperature_K": None},
}

#: Changes of it that make three compositions.
THREE = {
    "include_undoped": True,
    "doping": [{"site": "Sb", "dopants": ["W6+", "Mo6+"], "levels": ["1/2"], "compensation": ["vacancy"]}],
}
