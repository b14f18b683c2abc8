"""What a report is made of: CloudWatch is asked for the balancer and its groups as CloudWatch names them."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.reporting import write_report
from ecs_account import describe
from release_account import BLUE, STACK, serving
from release_parts import AT, release


class NoTimeline:
    def timeline(self, ident):
        return []


class CloudWatch:
    """Notes the dimensions that it is asked for, and knows nothing."""

    def __init__(self):
        self.dimensions = []

    def get_paginator(self, call):
        assert call == "get_metric_data"
        return self

    def paginate(self, MetricDataQueries, **_):  # noqa: N803 boto3's name
        for query in MetricDataQueries:
            given = query["MetricStat"]["Metric"]["Dimensions"]
            self.dimensions.append({item["Name"]: item["Value"] for item in given})
        return []


@pytest.fixture(scope="module")
def aws():
    with serving() as account:
        yield account


def test_the_traffic_of_a_report_is_asked_for_by_names_not_by_arns(aws, tmp_path):
    cloudwatch, told = CloudWatch(), []
    revision = describe(aws, BLUE)["taskDefinition"]
    there = release(stack=STACK, stable_task_definition=revision, base_task_definition=revision, started_at=AT)

    def clients(service):
        return cloudwatch if service == "cloudwatch" else aws(service)

    found = write_report(clients, Look(aws, STACK), NoTimeline(), there, str(tmp_path), "dev", told.append)
    assert (told, sorted(found)) == ([], ["html", "json"])
    assert cloudwatch.dimensions
    for dimensions in cloudwatch.dimensions:
        assert dimensions["LoadBalancer"].startswith(f"app/{STACK}-alb/")
        assert dimensions["TargetGroup"].startswith(f"targetgroup/{STACK}-")
