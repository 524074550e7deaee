"""The data blocks of a CIF: every data name with its values.

S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A 47, 655 (1991). Names and keywords do not depend on case. The names
of newer dictionaries (``_atom_site.fract_x``) are those of the older ones with a dot, and are read as these. A list or
table of CIF 2.0 (H. J. Bernstein and others, J. Appl. Cryst. 49, 277 (2016)) is one value.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""^;(?P<text>.*?)^;(?=\s|\Z)
      | (?P<comment>\#[^\n]*)
      | '''(?P<triple>.*?)'''
      | \"\"\"(?P<triple_double>.*?)\"\"\"
      | '(?P<single>[^\n]*?)'(?=\s|\Z)
      | "(?P<double>[^\n]*?)"(?=\s|\Z)
      | (?P<word>\S+)""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_VERSION_2 = re.compile(r"\A\s*#\\#CIF_2")
# FullProf writes 0.2632(  12), which would be two values.
_BLANKS_BEFORE_UNCERTAINTY = re.compile(r"(?<=\d)\([ \t]+(?=\d+\))|(?<=\d\.)\([ \t]+(?=\d+\))")
# Lists of CIF 2.0 that stand for columns of the older dictionaries.
_LISTS = {
    "_atom_site_fract_xyz": tuple(f"_atom_site_fract_{axis}" for axis in "xyz"),
    "_atom_site_cartn_xyz": tuple(f"_atom_site_cartn_{axis}" for axis in "xyz"),
}
_BRACKET = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|'[^\n]*?'|\"[^\n]*?\"|[\[\]{}]", re.DOTALL)
UNKNOWN = frozenset({"?", ".", ""})


@dataclass
class CifBlock:
    """One data block.

    Attributes
    ----------
    name
        What stands behind ``data_``; a second block of that name has ``_2`` behind it.
    values
        Data name, in lower case, to its values; those of a loop are as many as it has rows.
    ragged
        Columns of loops whose values do not fill their rows, with the values of the last, incomplete one.
    """

    name: str
    values: dict[str, list[str]] = field(default_factory=dict)
    ragged: dict[str, str] = field(default_factory=dict)

    def first(self, *names: str) -> str:
        """Return the first known value of the first of the names that has one; else an empty text."""
        for name in names:
            for value in self.values.get(name, ()):
                if value not in UNKNOWN:
                    return value
        return ""

    def column(self, name: str, rows: int, missing: str = "?") -> list[str]:
        """Return the values of a loop of so many rows; without such a column, or in another loop, all missing."""
        values = self.values.get(name, [])
        return values if len(values) == rows else [missing] * rows


def cif_blocks(text: str) -> list[CifBlock]:
    """Take a CIF apart.

    Examples
    --------
    >>> [block] = cif_blocks("data_salt _cell_length_a 5.64 loop_ _atom_site_label Na1 'Cl 1'")
    >>> block.name, block.values
    ('salt', {'_cell_length_a': ['5.64'], '_atom_site_label': ['Na1', 'Cl 1']})
    """
    blocks = [CifBlock("")]
    names: list[str] = []
    values: list[str] = []
    in_loop = False

    def close() -> None:
        if names:
            _put(blocks[-1], names, values, in_loop=in_loop)
        names.clear()
        values.clear()

    for word, value in _tokens(_BLANKS_BEFORE_UNCERTAINTY.sub("(", text)):
        lower = word.lower()
        if lower.startswith("data_"):
            close()
            in_loop = False
            blocks.append(CifBlock(_new_name(word[5:], blocks)))
        elif lower in {"loop_", "stop_", "global_"} or lower.startswith("save_"):
            close()
            in_loop = lower == "loop_"
        elif word.startswith("_"):
            if values or (names and not in_loop):
                close()
                in_loop = False
            names.append(_uniform(lower))
        elif names:
            values.append(value)
    close()
    for block in blocks:
        _spread_lists(block)
    return [block for block in blocks if block.values]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield words, as they stand, with an empty word where the value is quoted; and values."""
    has_lists = _VERSION_2.match(text) is not None
    position = 0
    while found := _TOKEN.search(text, position):
        position = found.end()
        kind = found.lastgroup
        if kind == "word" and has_lists and found["word"][0] in "[{":
            position = _end_of_list(text, found.start())
            yield "", text[found.start() : position]
        elif kind == "word":
            yield found["word"], found["word"]
        elif kind != "comment" and kind is not None:
            yield "", found[kind].strip("\n") if kind == "text" else found[kind]


def _end_of_list(text: str, start: int) -> int:
    """Return the position behind the bracket that closes the one at the start; of the text where none does."""
    depth = 0
    for found in _BRACKET.finditer(text, start):
        depth += found[0] in {"[", "{"}
        depth -= found[0] in {"]", "}"}
        if not depth:
            return found.end()
    return len(text)


def _put(block: CifBlock, names: Sequence[str], values: Sequence[str], *, in_loop: bool) -> None:
    """Share values out among the columns of a loop; a name without a value has an unknown one."""
    width = len(names)
    if in_loop and len(values) % width:
        block.ragged.update(dict.fromkeys(names, " ".join(values[-(len(values) % width) :])))
    elif in_loop:
        columns = {name: list(values[k::width]) for k, name in enumerate(names)}
        block.values.update(_in_order_of(block.values.get(names[0], []), columns, names[0]))
    else:
        block.values[names[0]] = list(values[:1]) or ["?"]


def _in_order_of(first: Sequence[str], columns: dict[str, list[str]], key: str) -> dict[str, list[str]]:
    """Put the rows of a second loop of the same things, told by their labels, in the order of the first."""
    own = columns[key]
    if list(first) == own or len({*first}) < len(first) or len({*own}) < len(own) or not {*own} <= {*first}:
        return columns
    rows = {label: k for k, label in enumerate(own)}
    return {
        name: [column[rows[label]] if label in rows else "?" for label in first] for name, column in columns.items()
    } | {key: list(first)}


def _spread_lists(block: CifBlock) -> None:
    """Give a column of lists, such as ``[0 0.5 0.5]``, as the columns that older files have."""
    for name, columns in _LISTS.items():
        if name not in block.values:
            continue
        rows = [value.strip("[]").replace(",", " ").split() for value in block.values[name]]
        for k, column in enumerate(columns):
            block.values[column] = [row[k] if len(row) == len(columns) else "?" for row in rows]


def _uniform(name: str) -> str:
    return name if "magn" in name else name.replace(".", "_")


def _new_name(name: str, blocks: Sequence[CifBlock]) -> str:
    taken = {block.name for block in blocks[1:]}
    return next(one for one in (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))) if one not in taken)
