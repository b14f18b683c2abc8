"""The dashboard, looked at as the JSON that CloudWatch gets."""

import json
from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.board import Board, titled, untitled, widgets
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.measures import Measures
from monitoring_account import BALANCER, GIVEN, GROUPS

MEASURES = Measures("calstack-dev", GIVEN["balancer_arn"], GIVEN["target_group_arns"])
ALARMS = ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:calstack-dev-users-hurt"]
BOARD = Board(MEASURES, "eu-west-1", ALARMS, latency=2, tasks_min=2, tasks_max=10)


def body(board=BOARD):
    return untitled(widgets(board))["widgets"]


def by_title(board=BOARD):
    return {widget["properties"].get("title", widget["type"]): widget for widget in body(board)}


def test_it_is_what_it_was_made_of():
    found = widgets(BOARD)
    assert titled(json.loads(json.dumps(untitled(found)))) == found


def test_both_colours_are_in_every_graph_of_tasks():
    for title in ("Requests", "5xx", "Latency, p95, seconds", "Healthy tasks", "Unhealthy tasks"):
        lines = by_title()[title]["properties"]["metrics"]
        groups = {line[line.index("TargetGroup") + 1] for line in lines if "TargetGroup" in line}
        assert groups == set(GROUPS.values())
        assert all(line[line.index("LoadBalancer") + 1] == BALANCER for line in lines)
    for title in ("CPU, per cent", "Memory, per cent"):
        lines = by_title()[title]["properties"]["metrics"]
        assert [line[2:6] for line in lines] == [
            ["ClusterName", "calstack-dev", "ServiceName", f"calstack-dev-{colour}"] for colour in ("blue", "green")
        ]


def test_colours_are_painted_alike_everywhere():
    painted = {}
    for widget in body():
        for line in widget["properties"].get("metrics", ()):
            if line[-1]["label"] in ("blue", "green"):
                painted.setdefault(line[-1]["label"], set()).add(line[-1]["color"])
    assert {len(colours) for colours in painted.values()} == {1}
    assert painted["blue"] != painted["green"]


def test_nothing_overlaps_and_all_is_on_the_grid():
    taken = set()
    for widget in body(replace(BOARD, distribution="E1")):
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_limits_are_drawn():
    marks = by_title()["Healthy tasks"]["properties"]["annotations"]["horizontal"]
    assert {mark["label"]: mark["value"] for mark in marks} == {"app_tasks_min": 2, "app_tasks_max": 10}
    (mark,) = by_title()["Latency, p95, seconds"]["properties"]["annotations"]["horizontal"]
    assert mark["value"] == 2


def test_alarms_table_log_and_costs_are_there():
    found = by_title()
    assert found["Alarms"]["properties"]["alarms"] == ALARMS
    lines = found["Releases' table"]["properties"]["metrics"]
    assert {tuple(line[:4]) for line in lines} == {
        ("AWS/DynamoDB", f"Consumed{kind}CapacityUnits", "TableName", "calstack-dev-releases")
        for kind in ("Read", "Write")
    }
    assert found["Latest errors"]["properties"]["query"].startswith("SOURCE '/calstack-dev/app' |")
    text = found["text"]["properties"]["markdown"]
    assert "[Costs](https://console.aws.amazon.com/costmanagement/" in text
    assert "calstack:stack = calstack-dev" in text


def test_the_edge_is_shown_where_there_is_one_from_the_region_that_knows_it():
    assert not [title for title in by_title() if title.startswith("Edge")]
    edge = by_title(replace(BOARD, distribution="E1A2B3"))["Edge, requests"]["properties"]
    assert edge["region"] == "us-east-1"
    assert edge["metrics"][0][2:6] == ["DistributionId", "E1A2B3", "Region", "Global"]


@pytest.mark.parametrize("body", [{}, {"widgets": []}, {"widgets": [{"type": "text", "properties": {}}] * 2}])
def test_what_people_have_made_of_it_is_read_all_the_same(body):
    assert untitled(titled(body))["widgets"] == body.get("widgets", [])
