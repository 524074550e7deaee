from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ewald.errors import CampaignError, StructureError, UserError
from ewald.files.document import read_table, read_yaml, user_error


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    steps: int = Field(description="Number of steps")
    label: str = ""

    @field_validator("label")
    @classmethod
    def _not_reserved(cls, label: str) -> str:
        if label == "MD":
            raise ValueError("MD is reserved")
        return label


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "x"
    stages: tuple[Inner, ...] | None = None


def line(content: object, **options) -> str:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(content)
    error = user_error(caught.value, CampaignError, model=Outer, **options)
    assert type(error) is CampaignError
    return str(error)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"nmae": 1}, "c.yaml: nmae: unknown key (fix: did you mean name? one of name, stages)"),
        ({"stages": [{"steps": 1, "colour": 2}]}, "c.yaml: stages.0.colour: unknown key (fix: one of steps, label)"),
        ({"stages": [{}]}, "c.yaml: stages.0.steps: is missing (fix: add it (Number of steps))"),
        ({"stages": [{"steps": 1, "label": "MD"}]}, "c.yaml: stages.0.label = 'MD': MD is reserved"),
        ({"name": {"a": 1}}, "c.yaml: name: input should be a valid string"),
        ({"name": 5, "stages": 3}, "c.yaml: name = 5: input should be a valid string; 1 more like this"),
        ([], "c.yaml: input should be a valid dictionary or instance of Outer"),
    ],
)
def test_the_first_complaint_is_one_line(content, said):
    assert line(content, file="c.yaml") == said


def test_the_caller_says_what_it_is_not_and_what_the_user_calls_a_field():
    said = line({"name": 5}, what="is not a plan", names={"name": "--name"}, fix="write it again")
    assert said == "--name = 5: is not a plan: input should be a valid string (fix: write it again)"


def test_a_whole_text_is_not_repeated():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate_json('{"name": "secret')
    assert "secret" not in str(user_error(caught.value, UserError, file="c.json"))


def test_a_mapping_is_read(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("a: {b: 1}\n")
    assert read_yaml(path, UserError) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"no such file \(fix: write one\)"),
        (b"[1, 2]", r"is not a mapping of keys to values \(fix: write one\)"),
        (b"", "is not a mapping"),
        (b"{a", "is not valid YAML: while parsing"),
        (b"day: 2026-13-40", "is not valid YAML: month must be"),
        (b"[" * 5000, "is not valid YAML"),
        (b"\xff\xfe", "is not a text file"),
    ],
)
def test_what_is_no_mapping_is_one_line(tmp_path: Path, content: bytes | None, said: str):
    path = tmp_path / "a.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StructureError, match=rf"a\.yaml: {said}") as caught:
        read_yaml(path, StructureError, fix="write one")
    assert "\n" not in str(caught.value)


def test_a_folder_cannot_be_read(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path, UserError)


def test_secrets_are_not_repeated(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("password: {swordfish")
    with pytest.raises(UserError, match="is not valid YAML") as caught:
        read_yaml(path, UserError, secret=True)
    assert "swordfish" not in str(caught.value)


def test_a_table_is_read_by_its_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffa,b\n1,2\n".encode())
    assert list(read_table(path, CampaignError, columns=("a", "b"))) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("text", ["a;b\n1,5;2\n", "a\tb\n1,5\t2\n", 'A, B\n"1,5", 2\n'])
def test_tables_as_spreadsheets_write_them(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert list(read_table(path, CampaignError, columns=("a",), optional=("b",))) == [{"a": "1,5", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"a\xff\n", "not a text file in UTF-8"),
        (b"a\n1\n", "b: lacks a column"),
        (b"PK\x03\x04a,b\n", "is not a text file"),
        (b"a,b\n1," + b"2" * 200_000, "line 2.*is not a CSV table: field larger"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, content, said):
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CampaignError, match=said):
        read_table(path, CampaignError, columns=("a", "b"))
