from hypothesis import given
from hypothesis import strategies as st

from lab.balancer.model import Forward, Listener, Redirect, Rule, TargetGroup, Unplayed, WeightedGroup, cluster_name
from lab.balancer.routes import NO_TARGET, redirect, route_configuration, rule_routes
from tests.unit.lab.balancer.snapshots import forwards, group_arn, listener_arn, listeners

GROUPS = {group_arn(number): TargetGroup(group_arn(number)) for number in range(4)}


def mapped(port: int) -> int:
    return port + 8000 if port < 1024 else port


def a_listener(port: int = 80, protocol: str = "HTTP") -> Listener:
    return Listener(listener_arn(1, 1), port, protocol, ())


@given(listeners(1, 1, 4))
def test_no_rule_is_lost_and_they_stand_in_order_of_priority(listener: Listener) -> None:
    routes = route_configuration(listener, "name", GROUPS, mapped)["virtual_hosts"][0]["routes"]
    names = list(dict.fromkeys(route["name"] for route in routes))
    ordered = sorted(listener.rules, key=lambda rule: 10**9 if rule.priority is None else rule.priority)
    assert names == [rule.arn for rule in ordered]
    assert routes[-1]["match"] == {"prefix": "/", "headers": []}


@given(forwards(4))
def test_weights_are_those_of_the_rule(action: Forward) -> None:
    *stuck, plain = rule_routes(Rule("arn", 1, action), a_listener(), GROUPS, mapped)
    wanted = {cluster_name(group.arn): group.weight for group in action.groups if group.weight}
    if wanted:
        clusters = plain["route"]["weighted_clusters"]["clusters"]
        assert {cluster["name"]: cluster["weight"] for cluster in clusters} == wanted
    else:
        assert plain["route"]["cluster"] == NO_TARGET
    assert len(stuck) == (len(action.groups) if action.stickiness is not None else 0)


def test_a_stuck_client_s_route_comes_first_and_names_its_group_only() -> None:
    blue, green = group_arn(0), group_arn(1)
    action = Forward((WeightedGroup(blue, 0), WeightedGroup(green, 1)), 60)
    to_blue, to_green, plain = rule_routes(Rule("arn", 1, action), a_listener(), GROUPS, mapped)
    for route, arn in ((to_blue, blue), (to_green, green)):
        assert [item["name"] for item in route["route"]["weighted_clusters"]["clusters"]] == [cluster_name(arn)]
    assert to_blue["match"]["headers"] != to_green["match"]["headers"]
    assert plain["match"]["headers"] == []


def play(action: Redirect, port: int = 80, protocol: str = "HTTP") -> dict[str, object]:
    return dict(redirect(action, a_listener(port, protocol), mapped).get("redirect", {}))


def test_a_redirect_to_https_keeps_host_path_and_query() -> None:
    assert play(Redirect(301, "HTTPS", port="443")) == {
        "scheme_redirect": "https",
        "port_redirect": 8443,
        "response_code": "MOVED_PERMANENTLY",
        "strip_query": False,
    }


def test_a_redirect_keeps_the_listener_s_own_port_and_protocol() -> None:
    assert play(Redirect(302, host="www.example.com"), 443, "HTTPS") == {
        "scheme_redirect": "https",
        "port_redirect": 8443,
        "host_redirect": "www.example.com",
        "response_code": "FOUND",
        "strip_query": False,
    }


def test_a_redirect_with_a_path_and_a_query_of_its_own() -> None:
    played = play(Redirect(302, path="/new/#{path}", query="from=#{port}"))
    assert played["regex_rewrite"] == {"pattern": {"regex": "^/(.*)$"}, "substitution": r"/new/\1?from=80"}
    assert played["strip_query"] is True


@given(st.sampled_from([{"host": "www.#{host}"}, {"query": "a&#{query}"}, {"path": "/#{host}"}]))
def test_what_cannot_be_played_says_so(part: dict[str, str]) -> None:
    assert redirect(Redirect(301, **part), a_listener(), mapped)["direct_response"]["status"] == 501


def test_an_unplayed_action_answers_501_with_the_reason() -> None:
    (route,) = rule_routes(Rule("arn", 1, Unplayed("no oidc here")), a_listener(), {}, mapped)
    assert route["direct_response"] == {"status": 501, "body": {"inline_string": "no oidc here"}}
