"""Sphinx extension that shows the notebooks of examples/ with their stored output, as pages of the documentation.

Nothing is executed here: `tests/examples` runs the notebooks. So the documentation needs no Jupyter.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", lambda application: write_pages(Path(application.srcdir) / "notebooks"))
    return {"parallel_read_safe": True}


def write_pages(folder: Path) -> None:
    """Write one Markdown page for each notebook, its pictures beside it, and touch nothing that stays as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(EXAMPLES.glob("*.ipynb")):
        pictures: dict[str, bytes] = {}
        text = page(notebook, pictures).encode()
        for name, content in {f"{notebook.stem}.md": text, **pictures}.items():
            path = folder / name
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


def page(notebook: Path, pictures: dict[str, bytes]) -> str:
    """Return a notebook as Markdown; its pictures are added to `pictures` under the names that the page uses."""
    parts = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            parts += [fenced("python", source), *outputs(cell["outputs"], notebook.stem, pictures)]
        else:
            parts.append(source)
    parts.append(f"*This page is `examples/{notebook.name}`, as it was last run.*")
    return "\n\n".join(parts) + "\n"


def outputs(stored: list[dict[str, Any]], stem: str, pictures: dict[str, bytes]) -> Iterator[str]:
    for output in stored:
        data = output.get("data", {})
        if "text" in output:
            yield fenced("text", "".join(output["text"]))
        elif "image/png" in data:
            name = f"{stem}-{len(pictures) + 1}.png"
            pictures[name] = base64.b64decode("".join(data["image/png"]))
            yield f"![What the cell above draws]({name})"
        else:
            raise ValueError(
                f"{stem}.ipynb: an output of the kind {sorted(data) or output['output_type']} (fix: add it here)"
            )


def fenced(language: str, text: str) -> str:
    return f"````{language}\n{text.rstrip()}\n````"
