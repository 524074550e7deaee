"""Measured or calculated conductivities from the literature, drawn beside the campaign's own."""

from pydantic import Field

from screening.campaign.section import Section


class LiteraturePoint(Section):
    """A published conductivity. It is drawn in the report and decides nothing."""

    mother: str = Field(description="Mother to whose compositions it belongs, as it is named in the campaign")
    formula: str | None = Field(None, description="Composition; null draws it with every composition of the mother")
    temperature_K: float = Field(gt=0, description="Temperature of the measurement")
    sigma_mS_cm: float = Field(gt=0, description="Conductivity")
    source: str = Field(description="Where it was published, short: first author and year")
