"""When an alarm is one: its expressions as CloudWatch computes them, whether FILL fills what was never there or not."""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._cost.model import Watch as CostedWatch
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.alarms import hurting, watches
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.measures import Measures
from ansible_collections.calstack.aws.plugins.module_utils._monitoring.metrics import from_api, to_api
from hypothesis import given
from hypothesis import strategies as st
from monitoring_account import BALANCER, CERTIFICATE, FULL, GROUPS

from lab.alarms.evaluation import Terms, judge
from lab.metric_math import Frame, evaluate

OTHER = {"blue": "green", "green": "blue"}
DESCRIPTION_LENGTH = 1024


def all_watches(**params):
    params = FULL | params
    return watches(params, Measures("calstack-dev", params["balancer_arn"], params["target_group_arns"]))


class World:
    """CloudWatch, as the alarms see it: the value of each metric in every one of the newest 15 periods, or none."""

    def __init__(self, colour="blue"):
        self.colour = colour
        self.values = {}
        self.group("HealthyHostCount", 2)
        self.group("UnHealthyHostCount", 0)
        self.service("CPUUtilization", 3)
        self.service("MemoryUtilization", 40)
        self.values["AWS/CertificateManager DaysToExpiry", CERTIFICATE] = 200

    def balancer(self, name, value):
        self.values[f"AWS/ApplicationELB {name}", BALANCER] = value

    def group(self, name, value, colour=None):
        group = GROUPS[colour or self.colour]
        self.values[f"AWS/ApplicationELB {name}", BALANCER, group] = value

    def service(self, name, value, colour=None):
        self.values[f"AWS/ECS {name}", "calstack-dev", f"calstack-dev-{colour or self.colour}"] = value

    def log(self, measure, value):
        self.values[(f"calstack-dev {measure}",)] = value

    def state(self, watch, *, fill_empty, periods=None):
        times = range(watch.periods)
        known = range(periods if periods is not None else watch.periods)
        found = {}
        for ident, query in watch.queries.items():
            if "metric" in query:
                value = self.values.get((query["metric"], *query["dimensions"].values()))
                found[ident] = {} if value is None else dict.fromkeys(known, float(value))
        for ident, query in watch.queries.items():
            if "expression" in query:
                found[ident] = evaluate(query["expression"], Frame(dict(found), times, fill_empty))
        terms = Terms(watch.comparison, watch.threshold, watch.breaching, watch.periods, watch.missing)
        series = found[watch.watched]
        return judge(terms, [series.get(time) for time in times], "OK").state

    def raised(self, *, fill_empty, **params):
        return {watch.what for watch in all_watches(**params) if self.state(watch, fill_empty=fill_empty) != "OK"}


both = pytest.mark.parametrize("fill_empty", [False, True], ids=["left empty", "filled"])
colours = pytest.mark.parametrize("colour", ["blue", "green"])


@both
@colours
class TestRaised:
    def test_nothing_by_an_idle_stack(self, colour, fill_empty):
        assert not World(colour).raised(fill_empty=fill_empty)

    def test_nothing_by_a_busy_healthy_one(self, colour, fill_empty):
        world = World(colour)
        world.balancer("RequestCount", 900)
        world.balancer("TargetResponseTime", 0.2)
        world.balancer("HTTPCode_Target_5XX_Count", 30)
        assert not world.raised(fill_empty=fill_empty)

    @pytest.mark.parametrize(
        ("metric", "value", "what"),
        [
            ("HTTPCode_Target_5XX_Count", 51, "target-errors"),
            ("HTTPCode_ELB_5XX_Count", 60, "balancer-errors"),
            ("TargetResponseTime", 2.1, "latency"),
        ],
    )
    def test_what_users_notice(self, colour, fill_empty, metric, value, what):
        world = World(colour)
        world.balancer("RequestCount", 1000)
        world.balancer(metric, value)
        assert world.raised(fill_empty=fill_empty) == {what}
        world.balancer("RequestCount", 19)
        world.balancer("HTTPCode_ELB_5XX_Count", None)
        assert not world.raised(fill_empty=fill_empty)

    def test_errors_of_the_balancer_though_no_request_reaches_a_target(self, colour, fill_empty):
        """Then it counts no request at all."""
        world = World(colour)
        world.balancer("HTTPCode_ELB_5XX_Count", 500)
        assert world.raised(fill_empty=fill_empty) == {"balancer-errors"}

    def test_too_few_tasks(self, colour, fill_empty):
        world = World(colour)
        world.group("HealthyHostCount", 1)
        assert world.raised(fill_empty=fill_empty) == {"too-few-tasks"}
        assert not world.raised(fill_empty=fill_empty, tasks_min=1)

    def test_no_target_at_all(self, colour, fill_empty):
        world = World(colour)
        world.group("HealthyHostCount", None)
        world.group("UnHealthyHostCount", None)
        assert world.raised(fill_empty=fill_empty) == {"too-few-tasks"}
        assert not world.raised(fill_empty=fill_empty, tasks_min=0)

    def test_an_unhealthy_target(self, colour, fill_empty):
        world = World(colour)
        world.group("UnHealthyHostCount", 1)
        assert world.raised(fill_empty=fill_empty) == {"unhealthy-hosts"}

    @pytest.mark.parametrize(
        ("metric", "what"), [("CPUUtilization", "cpu-ceiling"), ("MemoryUtilization", "memory-ceiling")]
    )
    def test_a_high_load_only_where_no_task_may_be_added(self, colour, fill_empty, metric, what):
        world = World(colour)
        world.service(metric, 95)
        assert not world.raised(fill_empty=fill_empty)
        world.group("HealthyHostCount", 10)
        assert world.raised(fill_empty=fill_empty) == {what}

    def test_a_high_load_of_the_colour_that_is_not_at_the_ceiling_does_not_count(self, colour, fill_empty):
        world = World(colour)
        world.group("HealthyHostCount", 10)
        world.group("HealthyHostCount", 1, OTHER[colour])
        world.service("CPUUtilization", 100, OTHER[colour])
        assert not world.raised(fill_empty=fill_empty)

    @pytest.mark.parametrize(("days", "raised"), [(29, {"certificate"}), (30, set())])
    def test_a_certificate_that_nobody_renews(self, colour, fill_empty, days, raised):
        world = World(colour)
        world.values["AWS/CertificateManager DaysToExpiry", CERTIFICATE] = days
        assert world.raised(fill_empty=fill_empty) == raised

    @pytest.mark.parametrize(
        ("measure", "lines", "raised"),
        [
            ("errors", 9, set()),
            ("errors", 10, {"log-errors"}),
            ("database", 2, set()),
            ("database", 3, {"database-unreachable"}),
        ],
    )
    def test_lines_of_the_log(self, colour, fill_empty, measure, lines, raised):
        world = World(colour)
        world.log(measure, lines)
        assert world.raised(fill_empty=fill_empty) == raised


@both
def test_the_first_of_several_certificates_counts(fill_empty):
    world = World()
    world.values["AWS/CertificateManager DaysToExpiry", "second"] = 5
    assert world.raised(fill_empty=fill_empty, certificate_arns=[CERTIFICATE, "second"]) == {"certificate"}


@both
def test_a_candidate_beside_the_colour_that_serves_raises_nothing(fill_empty):
    world = World()
    world.group("HealthyHostCount", 1, "green")
    world.group("UnHealthyHostCount", 0, "green")
    world.service("CPUUtilization", 100, "green")
    assert not world.raised(fill_empty=fill_empty)


@pytest.mark.parametrize(
    ("what", "terms"),
    [
        ("target-errors", (3, 5, "notBreaching")),
        ("balancer-errors", (3, 5, "notBreaching")),
        ("latency", (3, 5, "notBreaching")),
        ("too-few-tasks", (5, 5, "breaching")),
        ("unhealthy-hosts", (15, 15, "notBreaching")),
        ("cpu-ceiling", (10, 15, "notBreaching")),
        ("memory-ceiling", (10, 15, "notBreaching")),
        ("certificate", (1, 1, "notBreaching")),
        ("log-errors", (1, 1, "notBreaching")),
        ("database-unreachable", (1, 1, "notBreaching")),
    ],
)
def test_how_long_it_takes_is_what_the_readme_says(what, terms):
    (watch,) = [watch for watch in all_watches() if watch.what == what]
    assert (watch.breaching, watch.periods, watch.missing) == terms


@pytest.mark.parametrize(("periods", "state"), [(2, "OK"), (3, "ALARM")])
def test_errors_of_two_minutes_are_none_yet(periods, state):
    world = World()
    world.balancer("RequestCount", 100)
    world.balancer("HTTPCode_Target_5XX_Count", 100)
    (errors,) = [watch for watch in all_watches() if watch.what == "target-errors"]
    assert world.state(errors, fill_empty=False, periods=periods) == state


counts = st.integers(0, 20)


@given(
    healthy=counts,
    unhealthy=counts,
    cpu=st.integers(0, 100),
    other=st.tuples(counts, counts, st.integers(0, 100)),
    fill_empty=st.booleans(),
)
def test_no_colour_is_preferred(healthy, unhealthy, cpu, other, fill_empty):
    def world(colour):
        made = World(colour)
        made.group("HealthyHostCount", healthy)
        made.group("UnHealthyHostCount", unhealthy)
        made.service("CPUUtilization", cpu)
        made.group("HealthyHostCount", other[0], OTHER[colour])
        made.group("UnHealthyHostCount", other[1], OTHER[colour])
        made.service("CPUUtilization", other[2], OTHER[colour])
        return made.raised(fill_empty=fill_empty)

    assert world("blue") == world("green")


def test_every_description_says_what_to_do_and_fits():
    for watch in all_watches():
        assert any(word in watch.description for word in ("playbooks/", "site.yml")), watch.what
        assert len(watch.description) < DESCRIPTION_LENGTH


def test_no_alarm_has_more_metrics_than_cloudwatch_takes_and_all_of_them_cost_what_the_readme_says():
    metrics = [sum("metric" in query for query in watch.queries.values()) for watch in all_watches()]
    assert max(metrics) <= 10
    assert sum(metrics) == 21


def test_users_hurt_is_about_what_users_notice():
    assert [watch.what for watch in hurting(all_watches())] == [
        "target-errors",
        "balancer-errors",
        "latency",
        "too-few-tasks",
    ]


def test_queries_come_back_from_cloudwatch_as_they_were():
    for watch in all_watches(certificate_arns=[CERTIFICATE, "second"]):
        assert from_api(reversed(to_api(watch.queries, watch.watched))) == (watch.queries, watch.watched)


def test_the_price_of_an_environment_counts_every_metric_that_alarms_look_at():
    """AWS bills an alarm by the metric: playbooks/cost.yml has to know how many there are by default."""
    queries = [query for watch in all_watches() for query in to_api(watch.queries, watch.watched)]
    assert sum("MetricStat" in query for query in queries) == CostedWatch().alarm_metrics
