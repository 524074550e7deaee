"""Why a database cannot be used, as one line that names the cause; passwords are never repeated."""

from typing import Any

from ewald.errors import UserError

_AUTHENTICATION_FAILED = 18
_UNAUTHORIZED = 13
_FILE = "my_launchpad.yaml"
#: Words of the driver about a server that it cannot reach, with what they mean and what helps.
_UNREACHABLE = (
    (
        "certificate verify failed",
        "the server's TLS certificate is not trusted",
        "name its authority in my_launchpad.yaml: mongoclient_kwargs: {tls: true, tlsCAFile: /path/ca.pem}",
    ),
    (
        "ssl handshake failed",
        "the TLS handshake failed",
        "set tls, tlsCAFile and, if the server asks for one, tlsCertificateKeyFile below mongoclient_kwargs",
    ),
    (
        "connection closed",
        "the server closed the connection at once",
        "a server that wants TLS does so: set mongoclient_kwargs: {tls: true}",
    ),
    ("name or service not known", "its host name is not known here", "correct `host`"),
    ("temporary failure in name resolution", "its host name is not known here", "correct `host`, or the network"),
    ("nodename nor servname", "its host name is not known here", "correct `host`"),
    (
        "connection refused",
        "nothing listens at its host and port",
        "start the server, or correct `host` and `port`; with a server bound to 127.0.0.1 use the machine it runs on",
    ),
    ("no such file or directory", "its socket is not there", "start the server; ionsieve db start for a private one"),
    ("timed out", "it does not answer", "a firewall may be between here and `host`; start it if it does not run"),
)


def refuse_content(content: dict[str, Any], file: Any = None) -> None:
    """Check what a `my_launchpad.yaml` says before it is used.

    Parameters
    ----------
    content
        Its values.
    file
        Its path.

    Raises
    ------
    UserError
        For an address without `uri_mode`, a URI without the name of its database, and options that FireWorks ignores.
    """
    host = str(content.get("host", ""))
    if host.startswith(("mongodb://", "mongodb+srv://")):
        if not content.get("uri_mode"):
            raise UserError("host is a URI, but uri_mode is not set", file=file, field="uri_mode", fix="uri_mode: true")
        if not content.get("name"):
            fix = "name: the database's name (FireWorks does not take it from the URI)"
            raise UserError("names no database", file=file, field="name", fix=fix)
    ignored = sorted(key for key in content if key.startswith("ssl"))
    if ignored:
        raise UserError(
            "FireWorks takes no such key any more, and would connect without it",
            file=file,
            field=ignored[0],
            fix="mongoclient_kwargs: {tls: true, tlsCAFile: /path/ca.pem}",
        )


def refusal(error: Exception) -> UserError:
    """Return the user's line for an error of the driver while it connects."""
    from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

    text = " ".join(str(error).lower().split())
    if isinstance(error, OperationFailure):
        if error.code == _AUTHENTICATION_FAILED or "auth" in text:
            fix = "correct username, password and authsource (the database in which the user was made), often admin"
            return UserError("the database refuses the user or the password", file=_FILE, fix=fix)
        if error.code == _UNAUTHORIZED:
            fix = "have the user given the role readWrite on the database `name`"
            return UserError("the user may not use this database", file=_FILE, fix=fix)
    if isinstance(error, (ConfigurationError, ValueError, TypeError)):
        if "srv" in text or "dns" in text:
            return UserError(
                "the servers of the mongodb+srv address were not found", file=_FILE, field="host",
                fix="correct the name, or the network's DNS; mongodb:// with the servers' names needs none",
            )  # fmt: skip
        if "escaped" in text or "invalid uri" in text or "port" in text:
            return UserError(
                "is no valid address of a database", file=_FILE, field="host",
                fix="mongodb://user:password@server:27017 with : / ? # [ ] @ in user and password percent-encoded",
            )  # fmt: skip
        return UserError(f"an option is refused: {type(error).__name__}", file=_FILE, fix="correct mongoclient_kwargs")
    if isinstance(error, PyMongoError):
        for words, cause, fix in _UNREACHABLE:
            if words in text:
                return UserError(f"the database cannot be reached: {cause}", file=_FILE, fix=fix)
    return UserError("the database does not answer", file=_FILE, fix="start it, or correct the host")
