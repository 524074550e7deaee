"""What the output of supercell means."""

from benchmarks.obelix_open.supercell_program import charges_of, labels_of, told

COUNTED = "Chemical formula of the supercell: {}\nThe total number of combinations is 12544\n"


def test_a_count_is_neutral_or_charged():
    charges = {"Li": 1, "Sb": 3, "S": -2}
    assert told(COUNTED.format("Li17 S28 Sb13"), charges) == "counted, neutral"
    assert told(COUNTED.format("Li16 S28 Sb13"), charges) == "counted, charged"
    assert told(COUNTED.format("Li17 S28 Sb13") + "ERROR: total combinations is too high", charges).startswith(
        "too many"
    )
    assert told("ERROR: no such file", charges) == "ERROR: no such file"


def test_labels_and_charges_of_a_file(request):
    file = request.config.rootpath / "benchmarks" / "other_conductors" / "Na3PS4_cubic.cif"
    assert charges_of(file) == {"Na": 1, "P": 5, "S": -2}
    assert set(labels_of(file).values()) == {"Na", "P", "S"}
