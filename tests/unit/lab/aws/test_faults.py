"""The faults of the API as boto3 sees them, through the lab's server; behind it is an application that only counts."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from werkzeug.serving import make_server

from lab import api_faults
from lab.aws import backends
from lab.aws.calls import Call
from lab.aws.cloudwatch import key_of, samples_of
from lab.aws.faults import ApiFaults
from lab.aws.server import CallLog, Front
from lab.settings import Settings

MODIFY = Call("elasticloadbalancing", "ModifyRule", writes=True)
SPAN = {"StartTime": 0, "EndTime": 60}


class Account:
    """What the lab serves, seen by clients that do not try again."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder, network="127.93", cache=folder, account=DEFAULT_ACCOUNT_ID)
        self.done = 0
        self.woken = 0
        self.series: list[int] = []
        self.calls = folder / "calls.jsonl"
        front = Front(self._serve, CallLog(self.calls), self._wake, {}, ApiFaults.of(self.settings), self.settings)
        self.server = make_server("127.0.0.1", 0, front, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def client(self, service: str) -> Any:
        session: Any = boto3
        return session.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.server.port}",
            config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=5),
        )

    def modify(self) -> None:
        self.client("elbv2").modify_rule(RuleArn="r", Actions=[])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.calls.read_text().splitlines()]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _wake(self) -> None:
        self.woken += 1

    def _serve(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.done += 1
        if "GetMetricData" in environ.get("HTTP_X_AMZ_TARGET", ""):
            self.series.append(len(samples_of(backends.cloudwatch(self.settings)).series))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"<a/>" if "elasticloadbalancing" in environ["HTTP_AUTHORIZATION"] else b"{}"]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    it = Account(tmp_path)
    yield it
    it.stop()


def calls(account: Account) -> dict[str, Callable[[], object]]:
    """One for each protocol that botocore speaks to these services: query, JSON, REST (JSON, XML), JSON for query."""
    return {
        "elbv2": account.modify,
        "dynamodb": lambda: account.client("dynamodb").list_tables(),
        "scheduler": lambda: account.client("scheduler").get_schedule(Name="s"),
        "cloudfront": lambda: account.client("cloudfront").list_distributions(),
        "route53": lambda: account.client("route53").list_hosted_zones(),
        "cloudwatch": lambda: account.client("cloudwatch").get_metric_data(MetricDataQueries=[], **SPAN),
    }


@pytest.mark.parametrize("service", ["elbv2", "dynamodb", "scheduler", "cloudfront", "route53", "cloudwatch"])
@pytest.mark.parametrize(
    ("mode", "code", "statuses"),
    [("throttle", "Throttling", (400,)), ("refuse", "AccessDenied", (400, 403)), ("error", "InternalFailure", (500,))],
)
def test_errors_in_every_protocol(
    account: Account, service: str, mode: str, code: str, statuses: tuple[int, ...]
) -> None:
    api_faults.inject(account.settings, service, "*", mode)
    with pytest.raises(ClientError) as caught:
        calls(account)[service]()
    error, status = caught.value.response["Error"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    by_both_names = service in ("elbv2", "cloudwatch")
    assert (error["Code"] if by_both_names else error["Code"].removesuffix("Exception")) == code
    assert error["Message"].endswith("injected by the lab")
    assert status in statuses
    assert account.done == 0
    assert [(line["status"], line["fault"]) for line in account.lines()] == [(status, mode)]


def test_cloudfront_s_operations_on_one_path_are_told_apart(account: Account) -> None:
    def tag() -> None:
        account.client("cloudfront").tag_resource(Resource="arn:aws:cloudfront::1:distribution/E", Tags={"Items": []})

    api_faults.inject(account.settings, "cloudfront", "UntagResource", "refuse")
    api_faults.inject(account.settings, "cloudfront", "CreateDistribution", "refuse")
    tag()
    api_faults.inject(account.settings, "cloudfront", "TagResource", "refuse")
    with pytest.raises(ClientError):
        tag()
    assert account.done == 1
    assert api_faults.make("cloudfront", "CreateDistribution*", "down").hits(
        "cloudfront", "POST /2020-05-31/distribution?WithTags"
    )
    changing = api_faults.make("route53", "ChangeResourceRecordSets", "down")
    assert changing.hits("route53", "POST /2013-04-01/hostedzone/Z1/rrset/")


def test_down_does_nothing_and_lost_does_it(account: Account) -> None:
    for mode, done in (("down", 0), ("lost", 1)):
        api_faults.inject(account.settings, "elbv2", "ModifyRule", mode, times=1)
        with pytest.raises(HTTPClientError):
            account.modify()
        assert account.done == done
    account.client("dynamodb").list_tables()
    assert [(line["status"], line.get("fault")) for line in account.lines()] == [(0, "down"), (0, "lost"), (200, None)]
    assert account.woken == 2


def test_other_calls_are_spared(account: Account) -> None:
    api_faults.inject(account.settings, "elbv2", "ModifyRule", "down")
    account.client("dynamodb").list_tables()
    api_faults.inject(account.settings, "elbv2", "ModifyRule", "none")
    api_faults.inject(account.settings, "dynamodb", "*", "down")
    with pytest.raises(HTTPClientError):
        account.client("dynamodb").list_tables()
    assert account.done == 1


def test_cloudwatch_without_data(account: Account) -> None:
    with mock_aws():
        samples = samples_of(backends.cloudwatch(account.settings))
        samples.add(key_of("n", "m", []), 0.0, [1.0], None)
        api_faults.inject(account.settings, "cloudwatch", "GetMetricData", "empty", times=1)
        for _ in range(2):
            calls(account)["cloudwatch"]()
        assert account.series == [0, 1]


def test_a_fault_hits_so_many_times_and_is_gone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, network="127.93", cache=tmp_path)
    faults = ApiFaults.of(settings)
    assert faults.take(MODIFY) is None
    api_faults.inject(settings, "elbv2", "ModifyRule", "lost", times=2)
    assert [fault.mode if (fault := faults.take(MODIFY)) else "" for _ in range(3)] == ["lost", "lost", ""]
    assert list(api_faults.listed(settings)) == []


def test_a_fault_that_is_set_again_counts_anew(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, network="127.93", cache=tmp_path)
    faults = ApiFaults.of(settings)
    for _ in range(2):
        api_faults.inject(settings, "elbv2", "ModifyRule", "lost", times=2)
        assert faults.take(MODIFY)
    assert faults.take(MODIFY)
    assert faults.take(MODIFY) is None
