"""The report: one self-contained HTML page, readable without network, scripts or colours."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ewald.files.atomic import write_atomic
from screening.mechanism.result import Mechanism
from screening.record.funnel import count_funnel
from screening.record.ledger import ledger_hash
from screening.record.ranking import best_first
from screening.record.record import CampaignRecord
from screening.report.choice_section import choice_section
from screening.report.demonstration import demonstration_banner
from screening.report.drawing.sankey import draw_funnel, funnel_table
from screening.report.html.markup import Markup, folded, join, tag
from screening.report.opening import opening
from screening.report.sections.agreement import agreement_section, recall_section
from screening.report.sections.arrhenius_section import arrhenius_section
from screening.report.sections.candidate_list import candidate_list
from screening.report.sections.doping_section import doping_section
from screening.report.sections.electrode_section import electrode_section
from screening.report.sections.ewald_section import ewald_section
from screening.report.sections.phase_diagram_section import phase_diagram_section
from screening.report.sections.recipe_section import recipe_section
from screening.report.sections.rejections import rejections_section
from screening.report.sections.schedule import schedule_section
from screening.report.sections.settings_section import settings_section
from screening.report.sections.surrogate import surrogate_section
from screening.report.sections.survivors import survivors_table

PAGE_NAME = "index.html"


def write_report(record: CampaignRecord, folder: Path, mechanisms: Mapping[str, Mechanism] | None = None) -> Path:
    """Write the report page into a folder and return its path; the same record always gives the same bytes.

    Parameters
    ----------
    record
        The campaign.
    folder
        Where the page goes.
    mechanisms
        How the ions move, by candidate, for those of which it was found.
    """
    return write_atomic(folder / PAGE_NAME, report_page(record, mechanisms))


def report_page(record: CampaignRecord, mechanisms: Mapping[str, Mechanism] | None = None) -> str:
    """Return the whole page as text.

    Parameters
    ----------
    record
        The campaign.
    mechanisms
        How the ions of candidates move, by candidate; those without one are shown without it.
    """
    sections = _sections(record, mechanisms or {})
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:",
        ),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{record.campaign.name}: IonSieve report"),
        tag("style", Markup(asset("report.css"))),
    )
    body = tag(
        "body",
        tag(
            "header",
            tag("h1", record.campaign.name),
            tag("p", record.campaign.description) if record.campaign.description else None,
            tag(
                "p",
                f"IonSieve {record.version}, revision {record.revision}, ledger {ledger_hash(record.decisions)[:16]}",
                class_="note",
            ),
            demonstration_banner(record),
            opening(record),
            tag("nav", (tag("a", title, href=f"#{name}") for name, title, _ in sections)),
        ),
        tag("main", (tag("section", tag("h2", title), content, id=name) for name, title, content in sections)),
        tag("script", Markup(scripts())),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _sections(record: CampaignRecord, mechanisms: Mapping[str, Mechanism]) -> list[tuple[str, str, Markup]]:
    funnel = count_funnel(record)
    candidates = best_first(record)
    return [
        (
            "funnel",
            "Funnel",
            join(
                tag("figure", draw_funnel(funnel), class_="wide"),
                folded("The same numbers as a table", funnel_table(funnel)),
            ),
        ),
        ("ranking", "Candidates near the hull", survivors_table(record, ranking=candidates)),
        ("make", "What to make", recipe_section(record)),
        ("arrhenius", "Conductivity against temperature", arrhenius_section(record, candidates)),
        ("doping", "What doping does", doping_section(record)),
        ("windows", "Stability with the electrodes", electrode_section(record)),
        ("phases", "Phase diagrams", phase_diagram_section(record, candidates)),
        ("rejected", "Rejected, and why", rejections_section(record)),
        ("ewald", "Ewald screen", ewald_section(record)),
        ("surrogate", "Ewald energy against relaxed energy", surrogate_section(record)),
        ("agreement", "Short against long MD", agreement_section(record)),
        ("recall", "Recall of the filters", recall_section(record)),
        *([("choice", "Prediction and choice", choice_section(record))] if record.choice else []),
        ("steps", "MD steps spent", schedule_section(record)),
        ("candidates", "Candidates", candidate_list(candidates, record.campaign, mechanisms)),
        ("settings", "Settings and versions", settings_section(record)),
    ]


def scripts() -> str:
    """Return the scripts of the page: tables and folding, figures, crystals."""
    return "\n".join(asset(name) for name in ("report.js", "figures.js", "crystal.js"))


def asset(name: str) -> str:
    """Return a style sheet or script of the page."""
    return files("screening.report").joinpath(name).read_text(encoding="utf-8")
