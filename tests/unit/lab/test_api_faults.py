from pathlib import Path

import pytest

from lab import api_faults
from lab.part import LabError
from lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, network="127.93", cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("service", "action", "hit", "spared"),
    [
        ("elbv2", "ModifyRule", ("elasticloadbalancing", "ModifyRule"), ("elasticloadbalancing", "ModifyRules")),
        ("dynamodb", "*", ("dynamodb", "GetItem"), ("dynamodbstreams", "GetItem")),
        ("dynamodb", "*Item", ("dynamodb", "PutItem"), ("dynamodb", "Query")),
        ("cloudwatch", "GetMetricData", ("monitoring", "GetMetricData"), ("monitoring", "ListMetrics")),
        ("scheduler", "CreateSchedule", ("scheduler", "POST /schedules/x"), ("scheduler", "PUT /schedules/x")),
        ("scheduler", "*", ("scheduler", "PUT /schedules/x"), ("ecs", "PUT /schedules/x")),
        ("atlas", "createCluster", ("atlas", "createCluster"), ("atlas", "createFlexCluster")),
        ("atlas", "create*", ("atlas", "createFlexCluster"), ("atlas", "getCluster")),
    ],
)
def test_which_calls_are_hit(service: str, action: str, hit: tuple[str, str], spared: tuple[str, str]) -> None:
    fault = api_faults.make(service, action, "throttle")
    assert fault.hits(*hit)
    assert not fault.hits(*spared)


@pytest.mark.parametrize(
    ("words", "times", "told"),
    [
        (("elbv2", "ModifyRul", "lost"), 0, "elbv2 has no action 'ModifyRul'"),
        (("elb3", "ModifyRule", "lost"), 0, "no service is called 'elb3'"),
        (("elb3", "ModifyRule", "none"), 0, "no service is called 'elb3'"),
        (("elbv2", "ModifyRule", "loose"), 0, "There are: none, throttle, refuse, error"),
        (("elbv2", "ModifyRule", "lost"), -1, "the times are -1"),
        (("elbv2", "ModifyRule", "empty"), 0, "empty is for cloudwatch only"),
        (("elbv2", "ModifyRule", "gone"), 0, "gone is for atlas only"),
        (("atlas", "createClusters", "lost"), 0, "atlas has no action 'createClusters'; there are createCluster, "),
        (("elbv2", "ModifyRule"), 0, "fault-api wants SERVICE ACTION MODE"),
    ],
)
def test_bad_words(settings: Settings, words: tuple[str, ...], times: int, told: str) -> None:
    with pytest.raises(LabError) as caught:
        api_faults.command(settings, words, times)
    assert told in str(caught.value)
    assert list(api_faults.listed(settings)) == []


def test_set_list_and_clear(settings: Settings) -> None:
    assert api_faults.command(settings, ["elbv2", "ModifyRule", "lost"], 1) == [
        "elasticloadbalancing ModifyRule: lost (once)"
    ]
    api_faults.inject(settings, "dynamodb", "*", "down")
    api_faults.inject(settings, "dynamodb", "*", "throttle", times=3)
    assert api_faults.command(settings, [], 0)[:3] == [
        "dynamodb *: throttle (3 times)",
        "elasticloadbalancing ModifyRule: lost (once)",
        "",
    ]
    api_faults.inject(settings, "dynamodb", "*", "none")
    assert [fault.service for fault in api_faults.listed(settings)] == ["elasticloadbalancing"]
    assert api_faults.command(settings, ["none"], 0) == ["no faults"]
    assert api_faults.overview(settings)[0] == "no faults"
    assert {line.split()[0] for line in api_faults.overview(settings)[2:]} == {"none", *api_faults.MODES}
