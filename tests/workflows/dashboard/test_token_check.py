import pytest
from werkzeug.test import Client

from workflows.dashboard.token_check import TokenCheck

TOKEN = "a-secret-token"


def inner(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"inside"]


@pytest.fixture
def client():
    return Client(TokenCheck(inner, TOKEN, 8888), use_cookies=False)


def ask(client, path, **headers):
    return client.get(path, headers={"Host": "127.0.0.1:8888"} | headers)


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(client):
    answer = ask(client, f"/campaign/?token={TOKEN}&page=2")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/campaign/?page=2"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    inside = ask(client, "/campaign/", Cookie=cookie.split(";")[0])
    assert inside.data == b"inside"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/?token=", {}),
        ("/?token=wrong", {}),
        ("/?token=%C3%A9", {}),
        ("/fw/1/details", {"Cookie": "ionsieve-8888=wrong"}),
        ("/", {"Cookie": f"ionsieve-9999={TOKEN}"}),
        ("/", {"Cookie": 'ionsieve-8888="'}),
        ("/reports/fireworks/days/5/fig.png", {}),
    ],
)
def test_others_stay_out_of_every_page(client, path, headers):
    answer = ask(client, path, **headers)
    assert answer.status_code == 403
    assert TOKEN not in answer.get_data(as_text=True)


def test_another_host_name_is_refused_even_with_the_token(client):
    answer = client.get(f"/?token={TOKEN}", headers={"Host": "evil.example:8888"})
    assert answer.status_code == 403


def test_the_redirect_never_leaves_this_host(client):
    answer = ask(client, f"//evil.example/?token={TOKEN}")
    assert answer.headers["Location"].startswith("/")
    assert not answer.headers["Location"].startswith("//")
