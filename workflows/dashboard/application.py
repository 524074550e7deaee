"""The dashboard's routes: the campaign under `/campaign/`, FireWorks' own pages everywhere else."""

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, abort
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from screening.arrangements.candidate import composition_of
from screening.record.history import histories
from screening.report.page import report_page
from workflows.dashboard.campaign_view import CampaignView
from workflows.dashboard.fireworks_pages import fireworks_app
from workflows.dashboard.page import campaign_page, candidate_page, live_part
from workflows.dashboard.token_check import TokenCheck
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

_POLICY = (
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:"
)


def dashboard_application(launchpad: "LaunchPad", results: CampaignResults, token: str, port: int) -> TokenCheck:
    """Return the whole dashboard behind its token check."""
    campaign = _campaign_application(CampaignView(launchpad, results))
    return TokenCheck(DispatcherMiddleware(fireworks_app(launchpad), {"/campaign": campaign}), token, port)


def _campaign_application(view: CampaignView) -> Flask:
    """Return the campaign's own pages."""
    app = Flask("workflows.dashboard", static_folder=str(Path(__file__).parent / "static"))

    @app.get("/")
    def page() -> str:
        return campaign_page(view.name, view.draw(live_part))

    @app.get("/live")
    def live() -> str:
        return view.draw(live_part)

    @app.get("/report")
    def report() -> str:
        return report_page(view.record())

    @app.get("/candidate/<name>")
    def candidate(name: str) -> str:
        record = view.record(composition_of(name))
        history = histories(record).get(name)
        if history is None:
            abort(404)
        return campaign_page(view.name, candidate_page(history, record.campaign))

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app
