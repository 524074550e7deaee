"""The check before every page: only requests with the token, and to a loopback address, are answered."""

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class TokenCheck:
    """WSGI middleware: the token comes once in the address, afterwards in a cookie.

    On a login node every user reaches a loopback port, so the token and not the address keeps others out. The name
    in the Host header is checked as well, against pages elsewhere whose name is made to point here.

    Parameters
    ----------
    inner
        The application behind it.
    token
        The secret.
    port
        Named in the cookie, because browsers share cookies between the ports of a host.
    """

    def __init__(self, inner: "WSGIApplication", token: str, port: int) -> None:
        self._inner = inner
        self._token = token
        self._cookie = f"ionsieve-{port}"

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Let a request through, exchange the token for a cookie, or refuse."""
        host = str(environ.get("HTTP_HOST", "")).rsplit(":", 1)[0] if "HTTP_HOST" in environ else ""
        if host not in _LOOPBACK:
            return _refuse(start_response, "This dashboard answers on 127.0.0.1 only.")
        query = parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
        given = dict(query).get("token")
        if given is not None and self._is_token(given):
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            path = quote(str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", "/")) or "/")
            # A path of two slashes would be read as the name of another host.
            return self._welcome(start_response, "/" + path.lstrip("/") + (f"?{rest}" if rest else ""))
        if self._is_token(self._cookie_value(str(environ.get("HTTP_COOKIE", "")))):
            return self._inner(environ, start_response)
        return _refuse(start_response, "Open the address that `ionsieve dashboard` printed; it carries the token.")

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8"), self._token.encode("utf-8"))

    def _cookie_value(self, header: str) -> str:
        try:
            morsel = SimpleCookie(header).get(self._cookie)
        except CookieError:
            return ""
        return morsel.value if morsel is not None else ""

    def _welcome(self, start_response: "StartResponse", location: str) -> Iterable[bytes]:
        # The redirect takes the token out of the address bar, the history and any Referer.
        cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/"
        start_response("303 See Other", [("Location", location), ("Set-Cookie", cookie), ("Content-Length", "0")])
        return [b""]


def _refuse(start_response: "StartResponse", message: str) -> Iterable[bytes]:
    body = message.encode("utf-8")
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("403 Forbidden", headers)
    return [body]
