"""The users that a demonstration and the benchmark of releases have."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from web_server import WebServer, says, web_server

from lab.settings import CHECKOUT
from scripts.load import Answer, Load, load, summary, verdict

GOOD = Answer(at=1.0, seconds=0.002, status=200, colour="green", version="1.1.0")
FAULTY = Answer(at=2.0, seconds=0.001, status=500, fault="errors", words="500 Internal Server Error")
LOST = Answer(at=3.0, seconds=10.0, status=0, words="no answer: timed out")
BALANCER = Answer(at=4.0, seconds=0.001, status=502, words="Bad Gateway")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[WebServer, str, str]]:
    """A server, its url, and the file of its authority."""
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    with web_server(context) as server:
        server.answer = says(X_App_Version="1.1.0", X_App_Colour="green")
        yield server, f"https://{server.address}/", str(ca_file)


def run(site: tuple[WebServer, str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    _, url, ca_file = site
    command = [sys.executable, CHECKOUT / "scripts/load.py", "--rate", "50", "--workers", "2"]
    return subprocess.run(
        [*command, *words[:-1], url, ca_file, "--", sys.executable, "-c", words[-1]],
        capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ),
    )  # fmt: skip


def wait_for(users: Load, number: int) -> None:
    end = time.monotonic() + 20
    while len(users.answers) < number:
        assert time.monotonic() < end, users.answers
        time.sleep(0.01)


def test_an_answer_says_who_gave_it(site: tuple[WebServer, str, str]) -> None:
    _, url, ca_file = site
    with load(url, ca_file, rate=200, workers=2) as users:
        wait_for(users, 5)
    assert {(answer.status, answer.colour, answer.version) for answer in users.answers} == {(200, "green", "1.1.0")}


def test_it_asks_no_faster_than_it_may(site: tuple[WebServer, str, str]) -> None:
    _, url, ca_file = site
    began = time.monotonic()
    with load(url, ca_file, rate=20, workers=2) as users:
        wait_for(users, 6)
    assert time.monotonic() - began >= 0.2


def test_a_connection_that_breaks_is_a_failure_and_the_next_request_gets_a_new_one(
    site: tuple[WebServer, str, str],
) -> None:
    server, url, ca_file = site
    well = server.answer

    def hang_up(handler: object) -> None:
        server.answer = well
        raise ConnectionResetError

    server.answer = hang_up
    with load(url, ca_file, rate=50, workers=1) as users:
        wait_for(users, 3)
    assert [answer.good for answer in users.answers[:3]] == [False, True, True]
    assert users.answers[0].words.startswith("no answer: ")


def test_an_answer_that_does_not_come_is_waited_for_once(
    site: tuple[WebServer, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.load.TIMEOUT", 0.2)
    server, url, ca_file = site
    well = server.answer

    def keep_silent(handler: object) -> None:
        server.answer = well
        time.sleep(0.5)

    server.answer = keep_silent
    with load(url, ca_file, rate=50, workers=1) as users:
        wait_for(users, 3)
    assert [answer.good for answer in users.answers[:3]] == [False, True, True]


def test_it_asks_only_this_machine(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        Load("https://192.0.2.1/", str(tmp_path))


def test_the_summary_counts_versions_and_kinds_of_failure() -> None:
    lines = summary([GOOD] * 17 + [FAULTY, FAULTY, LOST], seconds=4.0)
    assert lines == [
        "requests   20 in 4 s, 5 a second",
        "answered   17 by 1.1.0",
        "latency    p50 2 ms, p99 10000 ms, most 10000 ms",
        "failed     3 of 20, 15.00 %",
        "           2 x 500 from the faulty version itself (errors)",
        "           1 x no answer: timed out",
    ]


def test_a_small_share_is_not_shown_as_none() -> None:
    assert summary([GOOD] * 99_999 + [LOST], seconds=100.0)[3] == "failed     1 of 100,000, 0.0010 %"


@pytest.mark.parametrize(
    ("answers", "code", "rolled_back", "wrong"),
    [
        ([GOOD, GOOD], 0, False, ""),
        ([GOOD], 0, False, "only 1 requests"),
        ([GOOD, FAULTY], 0, False, "1 requests failed"),
        ([GOOD, GOOD], 2, False, "exit code 2"),
        ([GOOD, FAULTY], 2, True, ""),
        ([GOOD, GOOD], 0, True, "was meant to fail"),
        ([FAULTY, BALANCER], 2, True, "1 requests failed"),
        ([GOOD, LOST], 2, True, "1 requests failed"),
    ],
)
def test_what_is_as_it_should_be(answers: list[Answer], code: int, rolled_back: bool, wrong: str) -> None:
    found = verdict(answers, code, least=2, rolled_back=rolled_back)
    assert wrong in found
    assert bool(found) == bool(wrong)


def test_it_goes_on_after_the_command_until_it_has_asked_often_enough(site: tuple[WebServer, str, str]) -> None:
    done = run(site, "--least", "12", "print('at work')")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("at work\n")
    assert "were made after the command" in done.stdout


def test_a_failed_request_is_its_exit_code(site: tuple[WebServer, str, str]) -> None:
    site[0].answer = says(503, b"nobody there")
    done = run(site, "import time; time.sleep(0.5)")
    assert done.returncode == 1
    assert "x 503 nobody there" in done.stdout
    assert "requests failed that should not have" in done.stderr
