"""Both routes are asked on schedule, and whatever comes back becomes a sample."""

import ssl
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path as File

import pytest
import trustme
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release import prober as under_test
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import Path, Probes
from ansible_collections.calstack.aws.plugins.module_utils._release.prober import Prober
from waiting import until
from web_server import WebServer, says, web_server

HEADER = ("X-Calstack-Test", "candidate")
PATH = Path("/", headers={"X-App-Version": "1.1.0"})


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as server:
        server.answer = says(X_App_Version="1.1.0")
        yield server


@pytest.fixture
def probes(server: WebServer) -> Probes:
    return Probes(f"http://{server.address}", interval=0.04, timeout=0.2, paths=(PATH,))


def test_a_right_answer(server: WebServer, probes: Probes) -> None:
    sample = Prober(probes, HEADER, clock=lambda: 1234.5).ask("production", PATH)
    assert (sample.at, sample.route, sample.path, sample.ok, sample.status) == (1234.5, "production", "/", True, 200)
    assert sample.words == ""
    assert 0 < sample.seconds < 0.2
    headers = server.asked[0].headers
    assert headers["User-Agent"] == "calstack-release-probe"
    assert headers["Cache-Control"] == "no-cache"
    assert "Cookie" not in headers


def test_only_the_candidates_route_has_the_test_rules_header(server: WebServer, probes: Probes) -> None:
    prober = Prober(probes, HEADER)
    prober.ask("candidate", PATH)
    prober.ask("production", PATH)
    assert [asked.headers.get(HEADER[0]) for asked in server.asked] == [HEADER[1], None]


def test_past_the_edge_both_routes_have_its_header_and_no_sample_tells_it(server: WebServer, probes: Probes) -> None:
    prober = Prober(probes, HEADER, origin={"X-Origin-Verify": "the-edges-own-secret"})
    samples = [prober.ask("candidate", PATH), prober.ask("production", PATH)]
    assert [asked.headers.get("X-Origin-Verify") for asked in server.asked] == ["the-edges-own-secret"] * 2
    assert "the-edges-own-secret" not in repr(samples)


def test_a_wrong_answer(server: WebServer, probes: Probes) -> None:
    server.answer = says(X_App_Version="1.0.0")
    sample = Prober(probes, HEADER).ask("candidate", PATH)
    assert (sample.ok, sample.status) == (False, 200)
    assert sample.words == "answered version 1.0.0 (X-App-Version) instead of 1.1.0"


def test_no_answer(server: WebServer, probes: Probes) -> None:
    server.answer = lambda _handler: time.sleep(0.4)
    sample = Prober(probes, HEADER).ask("candidate", PATH)
    assert (sample.ok, sample.status, sample.words) == (False, None, "no complete answer within 0.2 s")
    assert 0.2 <= sample.seconds < 0.4


def test_the_certificates_file_is_what_is_trusted(tmp_path: File) -> None:
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("app.example.test").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with web_server(context) as server:
        probes = Probes("https://app.example.test", address=server.address, ca_file=str(tmp_path / "ca.pem"))
        sample = Prober(probes, HEADER).ask("candidate", Path())
    assert sample.ok, sample.words


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificates_file_that_cannot_be_read_is_refused_at_once(tmp_path: File, content: str | None) -> None:
    if content:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(InputError, match=r"release_gates\.probes\.ca_file: .*ca\.pem cannot be read"):
        Prober(Probes("https://app.example.test", ca_file=str(tmp_path / "ca.pem")), HEADER)


def test_both_routes_are_asked_path_after_path(server: WebServer, probes: Probes) -> None:
    paths = (Path("/a"), Path("/b"), Path("/c"))
    prober = Prober(Probes(probes.url, interval=0.04, timeout=0.2, paths=paths), HEADER)
    prober.start()
    until(lambda: len(prober.samples()) >= 10, "ten samples", seconds=5, every=0.01)
    prober.stop()
    for route in ("candidate", "production"):
        asked = [sample.path for sample in prober.samples() if sample.route == route]
        assert asked == [("/a", "/b", "/c")[index % 3] for index in range(len(asked))]
        assert len(asked) >= 4


def test_the_interval_is_kept_by_schedule(server: WebServer, probes: Probes) -> None:
    server.answer = lambda handler: (time.sleep(0.02), says(X_App_Version="1.1.0")(handler))[1]
    prober = Prober(probes, HEADER, clock=time.monotonic)
    prober.start()
    until(lambda: len(prober.samples()) >= 22, "22 samples", seconds=5, every=0.01)
    prober.stop()
    times = [sample.at for sample in prober.samples() if sample.route == "candidate"]
    turns = [(at - times[0]) / 0.04 for at in times]
    # A busy machine may be late for a turn; slept after each answer, they would be 0.06 s apart and half of them off.
    assert sum(abs(turn - round(turn)) < 0.25 for turn in turns) > 0.7 * len(turns)


def test_a_hanging_server_delays_the_next_probe_by_its_timeout_only_and_brings_no_burst(
    server: WebServer, probes: Probes
) -> None:
    server.answer = lambda _handler: time.sleep(0.5)
    prober = Prober(probes, HEADER, clock=time.monotonic)
    prober.start()
    until(lambda: len(prober.samples()) >= 4, "four samples", seconds=5, every=0.01)
    prober.stop()
    times = [sample.at for sample in prober.samples() if sample.route == "candidate"]
    assert all(0.19 < later - earlier < 0.4 for earlier, later in pairwise(times))


def test_a_server_that_breaks_and_recovers_is_seen_at_once(server: WebServer, probes: Probes) -> None:
    prober = Prober(probes, HEADER)
    prober.start()
    until(lambda: any(sample.ok for sample in prober.samples()), "a right answer", seconds=5, every=0.01)
    server.answer = says(500)
    until(lambda: prober.samples()[-1].status == 500, "a wrong answer", seconds=5, every=0.01)
    server.answer = says(X_App_Version="1.1.0")
    until(lambda: prober.samples()[-1].ok, "a right answer again", seconds=5, every=0.01)
    prober.stop()


def test_stop_is_at_once_and_final_and_start_begins_anew(server: WebServer, probes: Probes) -> None:
    server.answer = lambda _handler: time.sleep(0.5)
    prober = Prober(probes, HEADER)
    prober.start()
    prober.start()
    until(lambda: len(server.asked) == 2, "one probe a route under way", seconds=5, every=0.01)
    began = time.monotonic()
    prober.stop()
    assert time.monotonic() - began < 0.1
    time.sleep(0.3)
    assert prober.samples() == ()
    assert len(server.asked) == 2
    server.answer = says(X_App_Version="1.1.0")
    prober.start()
    until(prober.samples, "a sample after the second start", seconds=5, every=0.01)
    prober.stop()


def test_memory_is_bounded_and_the_newest_stay(
    server: WebServer, probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "KEPT", 4)
    ticks = iter(range(1000))
    prober = Prober(probes, HEADER, clock=lambda: float(next(ticks)))
    prober.start()
    until(lambda: any(sample.at >= 8 for sample in prober.samples()), "ten samples", seconds=5, every=0.01)
    prober.stop()
    samples = prober.samples()
    assert len(samples) == 4
    assert [sample.at for sample in samples] == sorted(sample.at for sample in samples)
    assert samples[0].at >= 4
    assert prober.samples(since=samples[2].at) == samples[2:]
