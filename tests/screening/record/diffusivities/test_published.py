import pytest

from screening.record.diffusivities.merge import merge_rows
from screening.record.diffusivities.published import PublishedError, read_published
from screening.record.diffusivity_database import read_rows

HEAD = "formula,species,temperature_K,D_cm2_s,D_low95_cm2_s,D_high95_cm2_s,method,source,licence"
ROWS = (
    "Li6PS5Cl,Li,300,1.2e-8,1e-8,1.5e-8,PFG-NMR,doi:10.1000/made-up,CC BY 4.0",
    "Li3PO4,Li,300,<1e-14,,,tracer,doi:10.1000/made-up,CC BY 4.0",
    "Na3PS4,Na,350,3e-9,,,tracer,another,CC0",
)


def table(tmp_path, *rows, head=HEAD):
    path = tmp_path / "published.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_values_bounds_and_values_without_interval(tmp_path):
    value, bound, bare = read_published(table(tmp_path, *ROWS))
    assert (value.D_cm2_s, value.D_low95_cm2_s, value.D_high95_cm2_s, value.bound) == (1.2e-8, 1e-8, 1.5e-8, None)
    assert (bound.D_cm2_s, bound.D_low95_cm2_s, bound.D_high95_cm2_s) == (None, None, 1e-14)
    assert bound.bound == "as published"
    assert (bare.D_cm2_s, bare.D_low95_cm2_s, bare.D_high95_cm2_s) == (3e-9, None, None)
    assert (value.source, value.licence, value.method) == ("doi:10.1000/made-up", "CC BY 4.0", "PFG-NMR")


def test_they_enter_the_database_once(tmp_path):
    rows, path = read_published(table(tmp_path, *ROWS)), tmp_path / "d.sqlite"
    assert merge_rows(path, rows).added == 3
    assert merge_rows(path, rows).duplicates == 3
    assert set(read_rows(path)) == set(rows)


def test_the_same_number_of_two_sources_is_two_rows(tmp_path):
    other = ROWS[2].replace("another", "a third")
    assert merge_rows(tmp_path / "d.sqlite", read_published(table(tmp_path, ROWS[2], other))).added == 2


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("another", "", "source"),
        ("CC0", "", "licence"),
        ("3e-9", "fast", "D_cm2_s"),
        ("3e-9", "-3e-9", "D_cm2_s"),
        ("3e-9", "", "D_cm2_s"),
        ("3e-9,,", "<3e-9,1e-9,4e-9", "D_cm2_s"),
        ("3e-9,,", "3e-9,1e-9,", "D_high95_cm2_s"),
        ("3e-9,,", "3e-9,4e-9,5e-9", "D_cm2_s"),
        ("350", "nan", "temperature_K"),
        ("Na3PS4", "Na3PSx", "formula"),
        (",Na,", ",Li,", "species"),
    ],
)
def test_a_bad_row_is_one_line_with_file_row_and_column(tmp_path, old, new, column):
    path = table(tmp_path, *ROWS[:2], ROWS[2].replace(old, new))
    with pytest.raises(PublishedError) as refused:
        read_published(path)
    assert str(refused.value).startswith(f"{path}: line 4, {column}")
    assert "\n" not in str(refused.value)


def test_missing_and_unknown_columns_and_files_are_named(tmp_path):
    with pytest.raises(PublishedError, match="licence: lacks a column"):
        read_published(table(tmp_path, head=HEAD.removesuffix(",licence")))
    with pytest.raises(PublishedError, match="colour: is not a column"):
        read_published(table(tmp_path, head=HEAD + ",colour"))
    with pytest.raises(PublishedError, match="cannot be read"):
        read_published(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("formula;species;temperature_K;D_cm2_s;source;licence", "Li6PS5Cl;Li;300,0;1,2E-08;me;CC0"),
        ("formula\tspecies\ttemperature_K\tD_cm2_s\tsource\tlicence", "Li6PS5Cl\tLi\t300\t1.2e-8\tme\tCC0"),
        ("Formula, Species, Temperature_K, D_cm2_s, Source, License", "Li6PS5Cl, Li, 300, 1.2e-8, me, CC0\n,,,,,"),
        ("formula,species,temperature_C,D_m2_s,source,licence,", 'Li6PS5Cl,Li,"26,85","1,2e-12",me,CC0,'),
    ],
)
def test_tables_of_spreadsheets_and_other_units(tmp_path, head, row):
    (found,) = read_published(table(tmp_path, row, head=head))
    assert (found.formula, found.species, found.source, found.licence) == ("Li6PS5Cl", "Li", "me", "CC0")
    assert (found.temperature_K, found.D_cm2_s) == pytest.approx((300.0, 1.2e-8))


def test_bounds_and_intervals_in_other_units(tmp_path):
    head = HEAD.replace("_cm2_s", "_m2_s")
    value, bound = read_published(table(tmp_path, *(row.replace("e-", "e-1") for row in ROWS[:2]), head=head))
    assert (value.D_low95_cm2_s, value.D_high95_cm2_s) == pytest.approx((1e-14, 1.5e-14))
    assert bound.D_high95_cm2_s == pytest.approx(1e-110)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("3e-9", "2.1", r"D_cm2_s = '2.1': is beyond what is measured in crystals \(fix: .*D_m2_s\)"),
        (",350,", ",25,", r"temperature_K = '25': is beyond .*temperature_C"),
        ("3e-9", '"3,900"', "is not a positive number"),
        ("3e-9", "20%", "is not a positive number"),
        ("3e-9", "3.0(2)e-9", "is not a positive number"),
    ],
)
def test_a_value_that_is_impossible_in_its_unit_is_refused(tmp_path, old, new, said):
    with pytest.raises(PublishedError, match=said):
        read_published(table(tmp_path, ROWS[2].replace(old, new)))


def test_one_column_in_two_units_is_refused(tmp_path):
    with pytest.raises(PublishedError, match="temperature_K, temperature_C: is there twice"):
        read_published(table(tmp_path, head=HEAD + ",temperature_C"))
