"""Notifications arrive; when they do not, that is told without the webhook's URL, and the release goes on."""

import json
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
import trustme
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.announcement import (
    Notification,
    payload,
    subject,
    text,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Release, Step
from ansible_collections.calstack.aws.plugins.module_utils._release.notify import Notifier, check
from emulator import Account, account
from web_server import WebServer, says, web_server

SECRET = "T0SECRET"
RELEASE = Release(
    "r1", "release", "calstack-prod", "new:1", "1.1.0", "blue", "green", "old:1", "", "", (Step(100),), {}
)
TOLD = Notification("rolled_back", RELEASE, "probes: 3 wrong answers in a row", "ansible-playbook playbooks/status.yml")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as aws:
        yield aws


class Nobody:
    def __call__(self, service: str) -> Any:
        raise AssertionError(f"{service} is not asked for")


def send(clients: Any, topic_arn: str, webhook: str, patience: float = 60.0) -> list[str]:
    troubles: list[str] = []
    Notifier(clients, topic_arn, webhook, troubles.append, patience).send(TOLD)
    return troubles


def test_nobody_is_told_where_nobody_is_named() -> None:
    assert send(Nobody(), "", "") == []


def test_the_webhook_gets_json(server: WebServer) -> None:
    assert send(Nobody(), "", f"http://{server.address}/services/{SECRET}?key={SECRET}") == []
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/services/{SECRET}?key={SECRET}")
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == payload(TOLD)


def test_the_topic_gets_subject_and_text(aws: Account) -> None:
    topic = aws("sns").create_topic(Name="releases")["TopicArn"]
    queue = aws("sqs").create_queue(QueueName="mail")["QueueUrl"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    assert send(aws, topic, "") == []
    (message,) = aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    assert (body["Subject"], body["Message"]) == (subject(TOLD), text(TOLD))
    assert aws.calls.count("Publish") == 1


def test_a_topic_that_is_not_there_is_told_and_the_webhook_is_still_called(aws: Account, server: WebServer) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:missing"
    (trouble,) = send(aws, topic, f"http://{server.address}/")
    assert trouble.startswith(f"telling the SNS topic {topic} that the release is rolled back: AWS answered NotFound")
    assert trouble.endswith("The release goes on.")
    assert len(server.asked) == 1


def test_a_fault_of_our_own_does_not_end_a_release(capfd: pytest.CaptureFixture[str]) -> None:
    (trouble,) = send(Nobody(), "arn:aws:sns:eu-west-1:123456789012:releases", "")
    assert "Telling the SNS topic that the release is rolled back failed (AssertionError)" in trouble
    assert capfd.readouterr() == ("", "")


def hidden(troubles: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], url: str) -> str:
    """The one trouble, once it is sure that nothing of the URL shows anywhere."""
    (trouble,) = troubles
    shown = "\n".join([trouble, caplog.text, *capfd.readouterr()])
    assert SECRET not in shown
    assert url.partition("://")[2].partition("/")[0] not in shown
    return trouble


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(403, b"invalid_token"), "it answered 403. Check its URL."),
        (says(500), "it answered 500. Check its URL."),
        (says(302, Location="/elsewhere"), "it answered 302. Check its URL."),
        (lambda handler: None, "it cannot be reached (RemoteDisconnected)."),
    ],
)
def test_a_webhook_that_refuses_is_told_without_its_url(
    server: WebServer, answer: Any, words: str, caplog: Any, capfd: Any
) -> None:
    server.answer = answer
    url = f"http://{server.address}/services/{SECRET}"
    trouble = hidden(send(Nobody(), "", url), caplog, capfd, url)
    assert trouble == f"Telling the webhook that the release is rolled back: {words} The release goes on."
    assert len(server.asked) == 1


def test_a_webhook_that_is_gone_is_told_without_its_url(caplog: Any, capfd: Any) -> None:
    with web_server() as gone:
        url = f"http://{gone.address}/services/{SECRET}"
    assert "it refused the connection" in hidden(send(Nobody(), "", url), caplog, capfd, url)


def test_a_webhook_without_a_trusted_certificate_is_told_and_gets_nothing(caplog: Any, capfd: Any) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with web_server(context) as server:
        url = f"https://{server.address}/services/{SECRET}"
        trouble = hidden(send(Nobody(), "", url), caplog, capfd, url)
    assert "its certificate is not trusted" in trouble
    assert not server.asked


def test_a_proxy_is_used_for_the_way_out_only(server: WebServer, monkeypatch: Any, caplog: Any, capfd: Any) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert send(Nobody(), "", f"http://{server.address}/{SECRET}") == []
    url = f"https://hooks.example.test/{SECRET}"
    assert "it refused the connection" in hidden(send(Nobody(), "", url), caplog, capfd, url)


@pytest.mark.parametrize("path", [f"/services/{SECRET} with blanks", f"/services/{SECRET}/ü"])
def test_a_webhook_that_is_no_url_is_told_without_it(server: WebServer, path: str, caplog: Any, capfd: Any) -> None:
    url = f"http://{server.address}{path}"
    assert "Telling the webhook" in hidden(send(Nobody(), "", url), caplog, capfd, url)


def test_a_webhook_that_hangs_does_not_hold_the_release_up(server: WebServer, caplog: Any, capfd: Any) -> None:
    server.answer = lambda _handler: time.sleep(1)
    url = f"http://{server.address}/services/{SECRET}"
    began = time.monotonic()
    trouble = hidden(send(Nobody(), "", url, patience=0.2), caplog, capfd, url)
    assert time.monotonic() - began < 0.6
    assert trouble == (
        "Telling the webhook that the release is rolled back takes more than 0.2 s: it may still arrive. "
        "The release goes on."
    )


@pytest.mark.parametrize(
    "url",
    [
        f"http://hooks.example.test/{SECRET}",
        f"http://10.0.0.1/{SECRET}",
        f"hooks.example.test/{SECRET}",
        f"ftp://127.0.0.1/{SECRET}",
        f"https:///{SECRET}",
        f"https://[broken/{SECRET}",
    ],
)
def test_a_webhook_to_which_the_secret_would_travel_in_clear_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InputError, match="must be a URL that begins with https://") as refusal:
        check(url)
    assert SECRET not in str(refusal.value)
    assert refusal.value.__context__ is None
    (trouble,) = send(Nobody(), "", url)
    assert "release_notify_webhook must be" in trouble
    assert trouble.endswith("Nobody is told there. The release goes on.")
    assert SECRET not in trouble


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "[::1]:8080", "127.3.2.1"])
def test_a_webhook_on_this_machine_may_be_http(host: str) -> None:
    check(f"http://{host}/{SECRET}")
    check("")
