"""Serving the dashboard on loopback until Ctrl-C."""

import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from ewald.errors import UserError
from workflows.store.results import CampaignResults

if TYPE_CHECKING:
    from fireworks import LaunchPad

_HOST = "127.0.0.1"


def serve(
    launchpad: "LaunchPad", results: CampaignResults, *, port: int = 0, announce: Callable[[str], None] = print
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    port
        0 takes a free one.
    announce
        Called once with the address, which carries the token.

    Raises
    ------
    UserError
        When the port is taken.
    """
    import socket

    from werkzeug.serving import make_server

    from workflows.dashboard.application import dashboard_application

    # The access log would repeat the token.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError as error:
            raise UserError(
                f"cannot listen on {_HOST}: {error.strerror}",
                field="--port",
                value=port,
                fix="choose another port, or 0",
            ) from None
        listener.listen(64)
        chosen = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        application = dashboard_application(launchpad, results, token, chosen)
        server = make_server(_HOST, chosen, application, threaded=True, fd=listener.fileno())
        announce(f"http://{_HOST}:{chosen}/campaign/?token={token}")
        try:
            server.serve_forever()
        finally:
            server.server_close()
