from hypothesis import given
from hypothesis import strategies as st

from lab.balancer.health import (
    DRAINING,
    FAILED,
    HEALTHY,
    INITIAL,
    NOT_IN_USE,
    NOT_REGISTERED,
    QUIET,
    REGISTERING,
    TIMED_OUT,
    UNCHECKED,
    Observation,
    Record,
    judge,
    observations,
    watch,
)
from lab.balancer.model import HealthCheck

CHECK = HealthCheck(interval=10, timeout=5, unhealthy_threshold=2)
GOOD, FAILING = Observation(), Observation(failed=True)
HANGING, PENDING = Observation(failed=True, timed_out=True), Observation(failed=True, pending=True)


def test_what_a_target_is() -> None:
    fresh, old, was = Record(0), Record(-100), Record(-100, was_healthy=True)
    assert judge(None, GOOD, CHECK, True, 1) == NOT_REGISTERED
    assert judge(Record(0, deadline=9), GOOD, CHECK, False, 1) == DRAINING
    assert judge(fresh, GOOD, CHECK, False, 1) == NOT_IN_USE
    assert judge(fresh, GOOD, None, True, 1) == UNCHECKED
    assert judge(fresh, None, CHECK, True, 1) == REGISTERING
    assert judge(old, None, CHECK, True, 1) == TIMED_OUT
    assert judge(fresh, PENDING, CHECK, True, 1) == INITIAL
    assert judge(fresh, GOOD, CHECK, True, 1) == HEALTHY
    assert judge(was, FAILING, CHECK, True, 1) == FAILED
    assert judge(was, HANGING, CHECK, True, 1) == TIMED_OUT


def test_a_new_target_is_initial_until_its_threshold_of_failures_has_passed() -> None:
    assert judge(Record(0), FAILING, CHECK, True, 10) == INITIAL
    assert judge(Record(0), FAILING, CHECK, True, 11) == FAILED
    assert judge(Record(0), HANGING, CHECK, True, 19) == INITIAL
    assert judge(Record(0), HANGING, CHECK, True, 21) == TIMED_OUT


def test_a_known_code_is_told() -> None:
    state = judge(Record(-100, code=502), FAILING, CHECK, True, 1)
    assert (state.reason, state.description) == (
        "Target.ResponseCodeMismatch",
        "Health checks failed with these codes: [502]",
    )


def test_one_pass_is_remembered_and_clears_the_code() -> None:
    assert watch(Record(0, code=500), GOOD, 1) == Record(0, was_healthy=True)
    assert watch(Record(0), FAILING, 1) == Record(0)
    assert watch(Record(0), None, 1) == Record(0)


def test_draining_waits_for_envoy_to_know_and_for_requests_in_flight() -> None:
    record = Record(0, deadline=100)
    assert watch(record, Observation(draining=False), 1) == record, "Envoy does not know yet"
    assert watch(record, Observation(draining=True, in_flight=1), 1) == record
    quiet = watch(record, Observation(draining=True), 1)
    assert quiet is not None
    assert watch(quiet, Observation(draining=True), 1 + QUIET / 2) == quiet
    assert watch(quiet, Observation(draining=True), 1 + 2 * QUIET) is None
    busy = watch(quiet, Observation(draining=True, in_flight=1), 1 + 2 * QUIET)
    assert busy == record, "a request that was on its way counts from anew"
    assert watch(record, Observation(draining=True, in_flight=1), 100) is None, "the delay is over"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1)), max_size=30))
def test_nothing_in_flight_is_let_go_before_the_deadline(looks: list[tuple[bool, int]]) -> None:
    record: Record | None = Record(0, deadline=1000)
    for number, (draining, in_flight) in enumerate(looks):
        assert record is not None
        record = watch(record, Observation(draining=draining, in_flight=in_flight), number)
        if record is None:
            assert draining
            assert not in_flight
            break


def test_what_envoy_shows() -> None:
    host = {
        "address": {"socket_address": {"address": "127.0.0.2", "port_value": 5000}},
        "stats": [
            {"name": "rq_total", "value": "9"},
            {"name": "rq_active", "value": "2"},
            {"name": "rq_pending_active", "value": "1"},
        ],
        "health_status": {
            "failed_active_health_check": True,
            "active_hc_timeout": True,
            "eds_health_status": "DRAINING",
        },
    }
    clusters = {"cluster_statuses": [{"name": "blue", "host_statuses": [host]}, {"name": "green"}]}
    assert dict(observations(clusters)) == {
        ("blue", "127.0.0.2", 5000): Observation(failed=True, timed_out=True, draining=True, in_flight=3)
    }
    assert dict(observations({})) == {}
