"""The text of a CIF as its standard means it: any encoding, data names in any case."""

import codecs
import re
from pathlib import Path

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Data names with upper case letters, as pymatgen expects them.
_WRITTEN = (
    "_symmetry_space_group_name_H-M",
    "_symmetry_space_group_name_Hall",
    "_symmetry_Int_Tables_number",
    "_space_group_name_H-M_alt",
    "_space_group_name_Hall",
    "_space_group_IT_number",
    "_space_group_IT_coordinate_system_code",
    "_cell_formula_units_Z",
    "_atom_site_Wyckoff_symbol",
    "_atom_site_U_iso_or_equiv",
    "_atom_site_B_iso_or_equiv",
)
_BY_LOWER = {name.lower(): name for name in _WRITTEN}
_DATA_NAME = re.compile(r"^([ \t]*)(_[^\s]+)", re.MULTILINE)


def cif_text(file: Path) -> str:
    """Read a CIF: Unicode with or without a byte order mark, else Latin-1; line ends and data names made uniform.

    Data names do not depend on case; what stands between semicolons at the beginning of lines is left as it is.
    """
    raw = file.read_bytes()
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = re.split(r"(^;.*?^;)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith(";") else _DATA_NAME.sub(_uniform, part) for part in parts)


def _uniform(found: re.Match[str]) -> str:
    name = found[2].lower()
    return found[1] + _BY_LOWER.get(name, name)
