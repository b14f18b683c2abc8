from typing import Any


def patterns_after_an_update(client: Any) -> list[str]:
    logs = client("logs")
    logs.create_log_group(logGroupName="filtered")
    transformation = {"metricName": "errors", "metricNamespace": "app", "metricValue": "1"}
    for pattern in ("ERROR", "FATAL"):
        logs.put_metric_filter(
            logGroupName="filtered", filterName="one", filterPattern=pattern, metricTransformations=[transformation]
        )
    return [item["filterPattern"] for item in logs.describe_metric_filters(logGroupName="filtered")["metricFilters"]]


def test_a_metric_filter_of_the_same_name_is_replaced(plain: Any, mended: Any) -> None:
    assert patterns_after_an_update(plain) == ["ERROR", "FATAL"]
    assert patterns_after_an_update(mended) == ["FATAL"]
