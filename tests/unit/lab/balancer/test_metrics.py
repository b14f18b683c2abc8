from lab.balancer.metrics import Feed, Hosts, Measure, key, measures, parse
from lab.samples import Samples, statistic_of

LB = "app/lb/1"
OK = f"{LB} blue.1 127.0.0.2:5000 200 - 1500 via_upstream"
FAILED = f"{LB} blue.1 127.0.0.2:5000 500 - 2500 via_upstream"
REFUSED = f"{LB} blue.1 127.0.0.2:5000 502 UF - upstream_reset_before_response_started{{delayed_connect_error}}"
EMPTY = f"{LB} blue.1 - 503 UH - no_healthy_upstream"
REDIRECT = f"{LB} - - 301 - - direct_response"
FIXED = f"{LB} - - 404 - - direct_response"
BROKEN = f"{LB} blue.1 127.0.0.2:5000 200 UC 1000 upstream_reset_after_response_started{{connection_termination}}"


def counted(*lines: str) -> dict[tuple[str, bool], float]:
    """Sums by name and whether they are the target group's."""
    found = measures(request for line in lines if (request := parse(line)))
    return {(measure.name, measure.cluster is not None): sum(values) for measure, values in found.items()}


def test_answers_of_targets_count_for_group_and_balancer() -> None:
    for group in (True, False):
        counts = counted(OK, OK, FAILED, BROKEN)
        assert counts["RequestCount", group] == 4
        assert counts["HTTPCode_Target_2XX_Count", group] == 3
        assert counts["HTTPCode_Target_5XX_Count", group] == 1
        assert round(counts["TargetResponseTime", group], 6) == 0.0065


def test_a_target_that_cannot_be_reached_is_a_connection_error_and_a_5xx_of_the_balancer() -> None:
    assert counted(REFUSED) == {
        ("RequestCount", False): 1,
        ("RequestCount", True): 1,
        ("TargetConnectionErrorCount", False): 1,
        ("TargetConnectionErrorCount", True): 1,
        ("HTTPCode_ELB_5XX_Count", False): 1,
        ("HTTPCode_ELB_502_Count", False): 1,
    }


def test_without_a_target_no_request_counts() -> None:
    assert counted(EMPTY) == {("HTTPCode_ELB_5XX_Count", False): 1, ("HTTPCode_ELB_503_Count", False): 1}
    assert counted(REDIRECT) == {("HTTPCode_ELB_3XX_Count", False): 1, ("HTTP_Redirect_Count", False): 1}
    assert counted(FIXED) == {("HTTPCode_ELB_4XX_Count", False): 1, ("HTTP_Fixed_Response_Count", False): 1}


def test_lines_that_are_no_request_are_passed_over() -> None:
    assert parse("") is None
    assert parse("torn li") is None
    assert parse(f"{LB} - - 0 DC - -") is None


def test_the_feed_is_late_by_its_delay_and_keeps_the_time_of_measuring() -> None:
    samples = Samples()
    feed = Feed(samples, 60)
    feed.requests([OK, EMPTY], {"blue.1": "targetgroup/blue/1"}, 1000)
    feed.publish(1059)
    assert samples.series == {}
    feed.publish(1060)
    series = samples.series[key("RequestCount", LB, "targetgroup/blue/1")]
    assert statistic_of(series.between(1000, 1001), "Sum") == 1
    assert key("RequestCount", LB, None) in samples.series


def test_requests_of_a_group_that_is_gone_count_for_the_balancer_only() -> None:
    samples = Samples()
    feed = Feed(samples, 0)
    feed.requests([OK], {}, 1000)
    feed.publish(1000)
    assert {name.dimensions for name in samples.series} == {(("LoadBalancer", LB),)}


def test_host_counts_come_on_change_and_every_ten_seconds() -> None:
    samples = Samples()
    feed = Feed(samples, 0)
    for now, healthy in ((0, 1), (1, 1), (2, 0), (3, 0), (12, 0)):
        feed.hosts(LB, "tg", Hosts(healthy, 1 - healthy), now)
        feed.publish(now)
    series = samples.series[key("HealthyHostCount", LB, "tg")]
    assert [bucket.time for bucket in series.buckets] == [0, 2, 12]


def test_measures_are_values() -> None:
    assert Measure("a", "b") == Measure("a", "b", None)
