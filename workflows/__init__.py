"""Campaigns: from a campaign file to workflows in a database, the work itself, and the campaign's record.

The commands of `ionsieve` are thin; a script that does the same uses the names here. They stand in ``__init__.pyi``
and are imported when they are first used.

Examples
--------
>>> import workflows
>>> with workflows.session("campaign.yaml", new=True) as opened:  # doctest: +SKIP
...     workflows.submit(opened.file, opened.launchpad)
...     print(workflows.campaign_status(opened.launchpad, opened.results()).verdicts)
>>> workflows.open_record("campaign.yaml").record.candidates  # doctest: +SKIP
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
