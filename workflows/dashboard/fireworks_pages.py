"""FireWorks' own web GUI, made whole without internet: its jQuery comes from here, and it links to the campaign."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response

if TYPE_CHECKING:
    from fireworks import LaunchPad

_REMOTE_JQUERY = "//code.jquery.com/jquery.min.js"
_LOCAL_JQUERY = "/campaign/static/jquery.min.js"
_REMOTE_IMPORT = re.compile(r"@import\s+url\([^)]*fonts\.googleapis\.com[^)]*\)\s*;")
"""A font that FireWorks' style sheet asks the network for."""
_MISSING_SHEET = re.compile(r"<link[^>]*font-awesome[^>]*>")
"""A style sheet that FireWorks' pages name but that it does not ship."""
_NO_ICON = '<link rel="icon" href="data:,">'


def fireworks_app(launchpad: "LaunchPad") -> Flask:
    """Return FireWorks' application on a database, with its pages changed as they are sent.

    FireWorks keeps one application per process, so a process serves one database.
    """
    from fireworks.flask_site.app import app

    application: Any = app
    application.lp = launchpad
    if _without_network not in application.after_request_funcs.get(None, []):
        application.after_request(_without_network)
    return application


def _without_network(response: Response) -> Response:
    if response.mimetype == "text/css" and response.status_code == HTTPStatus.OK:
        response.direct_passthrough = False
        response.set_data(_REMOTE_IMPORT.sub("", response.get_data(as_text=True)))
        return response
    if response.mimetype != "text/html" or response.direct_passthrough:
        return response
    page = response.get_data(as_text=True)
    page = page.replace(_REMOTE_JQUERY, _LOCAL_JQUERY)
    page = _MISSING_SHEET.sub("", page)
    page = page.replace("</head>", f"{_NO_ICON}</head>", 1)
    page = page.replace("<body>", '<body><div class="container"><a href="/campaign/">← campaign</a></div>', 1)
    response.set_data(page)
    return response
