"""The logins' way back, asked of an application over loopback."""

import json
from contextlib import contextmanager

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import oauth_redirect_info
from module_answer import ANSIBLES_OWN
from web_server import says, web_server

DOMAIN = "dev.calstack.example.com"
BACK = f"https://{DOMAIN}/oauth2callback"
PROVIDER = "https://accounts.google.com/o/oauth2/auth?client_id=x&redirect_uri="


@contextmanager
def application(**leads):
    """Answers each path with a redirect, or with 200 where it leads nowhere."""

    def answer(handler):
        location = leads.get(handler.path.strip("/").replace("/", "_"))
        (says(302, Location=location) if location else says())(handler)

    with web_server() as server:
        server.answer = answer
        yield server


def call(capsys, address, uri=BACK, path="/login", url=f"http://{DOMAIN}", **given):
    logins = [{"name": "Google", "path": path, "redirect_uri": uri}]
    with patch_module_args({"url": url, "address": address, "logins": logins} | given), pytest.raises(SystemExit):
        oauth_redirect_info.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(oauth_redirect_info.DOCUMENTATION)["options"]
    assert options.keys() == oauth_redirect_info.OPTIONS.keys()


@pytest.mark.parametrize("encoded", ["https%3A%2F%2Fdev.calstack.example.com%2Foauth2callback", BACK])
def test_the_right_way_back_is_seen_however_it_is_written(capsys, encoded):
    with application(login=f"{PROVIDER}{encoded}&state=1") as server:
        answer = call(capsys, server.address)
    assert answer["logins"] == [{"name": "Google", "provider": "accounts.google.com", "redirect_uri": BACK}]
    assert [asked.headers["Host"] for asked in server.asked] == [DOMAIN]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(oauth_redirect_info.RETURN).keys()


def test_redirects_within_the_application_are_followed(capsys):
    inside = {"login": f"http://{DOMAIN}/start", "start": "/login/google", "login_google": f"{PROVIDER}{BACK}"}
    with application(**inside) as server:
        assert call(capsys, server.address)["logins"][0]["redirect_uri"] == BACK


def test_another_way_back_is_a_failure_that_says_both(capsys):
    with application(login=f"{PROVIDER}https://old.example.com/back") as server:
        answer = call(capsys, server.address)
    assert answer["failed"]
    assert "names the redirect URI https://old.example.com/back, but https://dev" in answer["msg"]
    assert "release_image=stable" in answer["msg"]


@pytest.mark.parametrize(
    ("leads", "words"),
    [
        ({}, "was answered 200 at /login, not with a redirect"),
        ({"login": "/login"}, "leads round in circles from /login"),
        ({"login": "https://login.example.com/"}, "names the redirect URI (none)"),
    ],
)
def test_a_login_that_leads_nowhere(capsys, leads, words):
    with application(**leads) as server:
        assert words in call(capsys, server.address)["msg"]


def test_nobody_answers(capsys):
    with application() as server:
        """It is gone when it is asked."""
    assert "refused the connection" in call(capsys, server.address)["msg"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "login"}, "the path of Google is 'login'"),
        ({"url": "dev.example.com"}, "url is 'dev.example.com'"),
        ({"url": f"https://{DOMAIN}", "ca_file": "/nowhere.pem"}, "ca_file: the certificates in /nowhere.pem"),
    ],
)
def test_wrong_input_is_refused(capsys, given, words):
    assert words in call(capsys, "127.0.0.1:1", **given)["msg"]
