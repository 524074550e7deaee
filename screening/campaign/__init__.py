"""The campaign file: one model per section, unknown keys refused, every field described."""

from screening.campaign.campaign import Campaign, load_campaign

__all__ = ["Campaign", "load_campaign"]
