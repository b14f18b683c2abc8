"""What people write under `release_gates`: defaults, and refusals that name the option."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.gates.config import (
    ErrorRate,
    Gates,
    Latency,
    Metric,
    Path,
    Probes,
    fill,
    parse,
)

URL = "https://app.example.org"
QUEUE = {"name": "queue", "namespace": "App", "metric": "QueueAge", "maximum": 120}


def test_nothing_given_is_every_default():
    assert parse({}) == Gates(None, ErrorRate(), Latency(), (), (), 60)


def test_an_ansible_argument_spec_fills_what_was_left_out_with_null():
    spared = {"url": URL, "address": None, "ca_file": None, "interval": None, "failures": None, "paths": None}
    assert parse({"probes": spared, "metrics": None, "alarms": None, "period": None}) == parse({"probes": {"url": URL}})
    assert parse({"error_rate": dict.fromkeys(("minimum_requests", "significance"))}).error_rate == ErrorRate()


@pytest.mark.parametrize("off", [None, False])
def test_a_gate_can_be_turned_off(off):
    gates = parse({"probes": off, "error_rate": off, "latency": off})
    assert (gates.probes, gates.error_rate, gates.latency) == (None, None, None)


def test_true_is_the_defaults():
    assert parse({"error_rate": True, "latency": True}) == parse({})


def test_probes():
    right = {"path": "/health", "status": [200, 204], "body": '"db": *"up"', "headers": {"X-App-Version": "1.1.0"}}
    read = parse({"probes": {"url": f"{URL}:8443/", "address": "127.0.0.1:8443", "smoke": 3, "paths": [right, "/x"]}})
    assert read.probes == Probes(
        url=f"{URL}:8443",
        address="127.0.0.1:8443",
        smoke=3,
        paths=(Path("/health", (200, 204), '"db": *"up"', {"X-App-Version": "1.1.0"}), Path("/x")),
    )


def test_one_status_need_not_be_a_list():
    assert parse({"probes": {"url": URL, "paths": [{"status": 301}]}}).probes.paths == (Path(status=(301,)),)


def test_metrics_and_alarms():
    metric = QUEUE | {"dimensions": {"Service": "{service}", "Colour": "x-{colour}"}, "statistic": "p99.9"}
    gates = parse({"metrics": [metric], "alarms": ["busy", "busy", "full"], "period": 10})
    dimensions = {"Service": "{service}", "Colour": "x-{colour}"}
    assert gates.metrics == (Metric("queue", "App", "QueueAge", "p99.9", dimensions, None, 120.0),)
    assert gates.alarms == ("busy", "full")
    assert gates.period == 10


def test_placeholders_are_filled_and_nothing_else_is():
    assert fill("x-{colour}/{service}", {"colour": "green", "service": "app-green"}) == "x-green/app-green"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"error_rates": {}}, "release_gates has the unknown option 'error_rates': did you mean error_rate?"),
        ({"zzz": {}}, "it may have probes, error_rate, latency, metrics, alarms, period"),
        ({"error_rate": {"minimum_request": 5}}, "release_gates.error_rate .* did you mean minimum_requests?"),
        ({"error_rate": {"minimum_requests": "100"}}, "error_rate.minimum_requests is '100': .* without quotes"),
        ({"error_rate": {"minimum_requests": 1.5}}, "error_rate.minimum_requests is 1.5: .* whole number"),
        ({"error_rate": {"minimum_requests": -1}}, "error_rate.minimum_requests is -1: it must be at least 1"),
        ({"error_rate": {"significance": 0}}, "release_gates.error_rate.significance is 0"),
        ({"error_rate": {"tolerance": 5}}, "release_gates.error_rate.tolerance is 5: it must be from 0 to 1"),
        ({"error_rate": {"maximum": True}}, "release_gates.error_rate.maximum is True: it must be a number"),
        ({"error_rate": {"maximum": float("nan")}}, "release_gates.error_rate.maximum"),
        ({"error_rate": 5}, "release_gates.error_rate is 5: it must be a mapping"),
        ({"latency": {"ratio": 0.5}}, "release_gates.latency.ratio is 0.5: it must be at least 1"),
        ({"period": 45}, "release_gates.period is 45: CloudWatch takes"),
        ({"probes": True}, "release_gates.probes.url is missing"),
        ({"probes": {"url": "app.example.org"}}, "release_gates.probes.url .* as https://"),
        ({"probes": {"url": "https://app:port"}}, "release_gates.probes.url .* as https://"),
        ({"probes": {"url": f"{URL}/health"}}, "release_gates.probes.url .* goes into paths"),
        ({"probes": {"url": URL, "address": "10.0.0.1"}}, "release_gates.probes.address .* a host and a port"),
        ({"probes": {"url": "http://app", "origin_secret_arn": "arn:x"}}, "probes.origin_secret_arn .* over TLS only"),
        ({"probes": {"url": URL, "failures": 40}}, "release_gates.probes.window .* the 40 answers"),
        ({"probes": {"url": URL, "interval": 0}}, "release_gates.probes.interval"),
        ({"probes": {"url": URL, "paths": "/"}}, "release_gates.probes.paths is '/': it must be a list"),
        ({"probes": {"url": URL, "paths": [{}, {"path": "x"}]}}, r"release_gates.probes.paths\[1\].path is 'x'"),
        ({"probes": {"url": URL, "paths": [{"path": "/a b"}]}}, r"release_gates.probes.paths\[0\].path"),
        ({"probes": {"url": URL, "paths": [{"status": ["200"]}]}}, r"release_gates.probes.paths\[0\].status"),
        ({"probes": {"url": URL, "paths": [{"body": "("}]}}, r"paths\[0\].body is '\(': .* regular expression"),
        ({"probes": {"url": URL, "paths": [{"headers": {"X-V": 1.1}}]}}, r"paths\[0\].headers .* put them in quotes"),
        ({"probes": {"url": URL, "paths": [{"headers": {"X-V": "1\r\nA: b"}}]}}, r"paths\[0\].headers"),
        ({"metrics": [QUEUE, QUEUE]}, "release_gates.metrics has two with the name 'queue'"),
        ({"metrics": [QUEUE | {"maximum": None}]}, r"release_gates.metrics\[0\] has neither minimum nor maximum"),
        ({"metrics": [QUEUE | {"minimum": 121}]}, r"release_gates.metrics\[0\].minimum is 121"),
        ({"metrics": [QUEUE | {"statistic": "95"}]}, r"release_gates.metrics\[0\].statistic is '95'"),
        (
            {"metrics": [QUEUE | {"dimensions": {"S": "{color}"}}]},
            r"metrics\[0\].dimensions has \{color\}: use \{colour",
        ),
        ({"metrics": [{"name": "x"}]}, r"release_gates.metrics\[0\].namespace is missing"),
        ({"alarms": "busy"}, "release_gates.alarms is 'busy': it must be a list"),
        ({"alarms": [""]}, "release_gates.alarms"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(raw, words):
    with pytest.raises(InputError, match=words):
        parse(raw)


@pytest.mark.parametrize("host", ["app.example.org", "app:port"])
def test_a_password_in_the_url_is_refused_and_not_shown(host):
    with pytest.raises(InputError, match=r"release_gates\.probes\.url") as caught:
        parse({"probes": {"url": f"https://ann:geheim@{host}"}})
    assert "geheim" not in str(caught.value)
