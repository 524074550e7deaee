"""A database that cannot be used says why, in one line without a password."""

import subprocess
from pathlib import Path

import pytest
from pymongo.errors import ConfigurationError, OperationFailure, ServerSelectionTimeoutError

from ewald.errors import UserError
from workflows.database.launchpad_file import read_launchpad_file
from workflows.launchpad import connection
from workflows.launchpad.connection import connect
from workflows.launchpad.refusals import refusal, refuse_content


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(connection, "_CONNECT_TIMEOUT_S", 1.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"host": "mongodb://me:secret@here", "name": "x"}, "uri_mode: true"),
        ({"host": "mongodb+srv://me:secret@here", "uri_mode": True}, "names no database"),
        ({"host": "here", "name": "x", "ssl_ca_file": "ca.pem"}, "tlsCAFile"),
    ],
)
def test_what_the_file_lacks_is_named(content, said):
    with pytest.raises(UserError) as refused:
        refuse_content(content)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationFailure("Authentication failed.", 18), "refuses the user or the password"),
        (OperationFailure("not allowed on x to execute command", 13), "may not use this database"),
        (ConfigurationError("The DNS query name does not exist: _mongodb._tcp.x"), "mongodb+srv address"),
        (ServerSelectionTimeoutError("h:1: [SSL] certificate verify failed"), "not trusted"),
        (ServerSelectionTimeoutError("h:1: connection closed"), "wants TLS"),
        (ServerSelectionTimeoutError("h:1: timed out"), "firewall"),
        (ServerSelectionTimeoutError("h:1: something new"), "does not answer"),
    ],
)  # fmt: skip
def test_the_cause_is_named(error, said):
    assert said in str(refusal(error))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"host": "127.0.0.1", "port": 9, "name": "x"}, "nothing listens"),
        ({"host": "no-such-host.invalid", "port": 27017, "name": "x"}, "host name is not known"),
        ({"host": "mongodb://me:se/cret@here", "uri_mode": True, "name": "x"}, "percent-encoded"),
        ({"host": "mongodb://%2Fnowhere%2Fd.sock", "uri_mode": True, "name": "x"}, "socket is not there"),
        ({"host": "127.0.0.1", "port": 9, "name": "x", "mongoclient_kwargs": {"tls": "maybe"}}, "mongoclient_kwargs"),
    ],
)
def test_real_addresses_that_lead_nowhere(content, said):
    with pytest.raises(UserError) as refused:
        connect(content)
    assert said in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.mongod
def test_a_server_with_tls_and_users(mongod_program, short_folder):
    """A real server that demands TLS: without it, and with a certificate that nobody vouches for."""
    pem, port = short_folder / "server.pem", 27391
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(short_folder / "k"),
        "-out",
        str(short_folder / "c"),
    ]
    subprocess.run(made, check=True, capture_output=True)
    pem.write_text((short_folder / "k").read_text() + (short_folder / "c").read_text())
    (short_folder / "db").mkdir()
    command = [str(mongod_program), "--dbpath", str(short_folder / "db"), "--port", str(port), "--bind_ip", "127.0.0.1"]
    command += ["--unixSocketPrefix", str(short_folder), "--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(pem)]
    command += ["--wiredTigerCacheSizeGB", "0.25", "--logpath", str(short_folder / "log")]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        at = {"host": "127.0.0.1", "port": port, "name": "x"}
        wait_for(server, short_folder / "log")
        with pytest.raises(UserError, match="wants TLS"):
            connect(at)
        with pytest.raises(UserError, match="certificate is not trusted"):
            connect(at | {"mongoclient_kwargs": {"tls": True}})
        trusted = {"tls": True, "tlsCAFile": str(short_folder / "c")}
        connect(at | {"mongoclient_kwargs": trusted}).connection.close()
        with pytest.raises(UserError, match="user or the password"):
            connect(at | {"username": "me", "password": "secret", "mongoclient_kwargs": trusted})
    finally:
        server.terminate()
        server.wait()


def wait_for(server, log: Path):
    import time

    for _ in range(200):
        if log.exists() and "Waiting for connections" in log.read_text():
            return
        assert server.poll() is None, log.read_text()[-2000:]
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_the_connection_file_is_read_whatever_it_asks_for(tmp_path):
    path = tmp_path / "my_launchpad.yaml"
    path.write_text("host: mongodb://me:secret@here\nname: x\n")
    with pytest.raises(UserError, match="uri_mode"):
        connect(read_launchpad_file(path))
