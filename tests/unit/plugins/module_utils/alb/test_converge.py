"""The whole component against an emulated account."""

import pytest
from alb_account import DOMAIN, certificate, destroy, ids, look, network, ready, scope, site
from ansible_collections.calstack.aws.plugins.module_utils._alb.model import notes
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import (
    CalstackError,
    FixedPropertyError,
    ForeignError,
    InputError,
)
from ansible_collections.calstack.aws.plugins.module_utils._core.resource import KNOWN_AFTER_APPLY
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show

EVERYTHING = [
    ("target group", "calstack-dev-blue"),
    ("target group", "calstack-dev-green"),
    ("load balancer", "calstack-dev-alb"),
    ("listener", "calstack-dev-https"),
    ("listener", "calstack-dev-http"),
    ("rule", "calstack-dev-production"),
    ("rule", "calstack-dev-test"),
]


@pytest.fixture
def aws():
    with ready() as (made, given):
        made.given = given
        yield made


def actions(aws, rule):
    arn = ids(aws)["rule", f"calstack-dev-{rule}"]
    return aws("elbv2").describe_rules(RuleArns=[arn])["Rules"][0]["Actions"]


def weights(aws, rule):
    forward = actions(aws, rule)[0]["ForwardConfig"]
    return {group["TargetGroupArn"].split("/")[1]: group["Weight"] for group in forward["TargetGroups"]}


def forward(aws, *groups, sticky=False):
    arns = ids(aws)
    return [
        {
            "Type": "forward",
            "ForwardConfig": {
                "TargetGroups": [
                    {"TargetGroupArn": arns["target group", f"calstack-dev-{colour}"], "Weight": weight}
                    for colour, weight in groups
                ],
                "TargetGroupStickinessConfig": {"Enabled": sticky, "DurationSeconds": 60}
                if sticky
                else {"Enabled": False},
            },
        }
    ]


def changed(result):
    return [(change.action, change.kind, change.name) for change in result.changes]


def test_a_first_run_makes_everything_and_a_second_nothing(aws):
    made = site(aws, aws.given)
    assert changed(made) == [("create", *item) for item in EVERYTHING]
    aws.calls.clear()
    assert not changed(site(aws, aws.given))
    assert not aws.writes
    assert len(aws.calls) < 25, aws.calls


def test_both_colours_are_named_from_the_start(aws):
    result = site(aws, aws.given)
    assert weights(aws, "production") == {"calstack-dev-blue": 100, "calstack-dev-green": 0}
    assert weights(aws, "test") == {"calstack-dev-green": 100}
    assert actions(aws, "production")[0]["ForwardConfig"]["TargetGroupStickinessConfig"] == {"Enabled": False}
    assert not notes(result.found, scope())


def test_a_balancer_lost_while_green_was_serving_is_rebuilt_for_green(aws):
    site(aws, aws.given | {"stable_colour": "green"})
    assert weights(aws, "production") == {"calstack-dev-blue": 0, "calstack-dev-green": 100}
    assert weights(aws, "test") == {"calstack-dev-blue": 100}
    assert not changed(site(aws, aws.given)), "the colour is not looked at again"


def test_weights_and_stickiness_belong_to_the_release(aws):
    site(aws, aws.given)
    rule = ids(aws)["rule", "calstack-dev-production"]
    shifted = forward(aws, ("blue", 90), ("green", 10), sticky=True)
    aws("elbv2").modify_rule(RuleArn=rule, Actions=shifted)
    before = actions(aws, "production")
    aws.calls.clear()
    assert not changed(site(aws, aws.given))
    assert not aws.writes
    assert actions(aws, "production") == before
    assert weights(aws, "production") == {"calstack-dev-blue": 90, "calstack-dev-green": 10}


def test_other_changes_of_a_rule_leave_its_weights(aws):
    site(aws, aws.given)
    rule = ids(aws)["rule", "calstack-dev-production"]
    aws("elbv2").modify_rule(RuleArn=rule, Actions=forward(aws, ("blue", 90), ("green", 10), sticky=True))
    aws("elbv2").modify_rule(RuleArn=rule, Conditions=[{"Field": "path-pattern", "Values": ["/only"]}])
    before = actions(aws, "production")
    text = show(site(aws, aws.given | {"production_priority": 200}).changes)
    assert "priority: 100 -> 200" in text
    assert "conditions: {field: path-pattern, values: /only} -> {field: path-pattern, values: /*}" in text
    assert "forward" not in text
    assert actions(aws, "production") == before


def test_a_rollback_that_took_a_colour_out_is_left_and_a_colour_no_rule_names_is_said(aws):
    site(aws, aws.given)
    arns = ids(aws)
    aws("elbv2").modify_rule(RuleArn=arns["rule", "calstack-dev-production"], Actions=forward(aws, ("blue", 100)))
    rolled_back = site(aws, aws.given)
    assert not changed(rolled_back)
    assert not notes(rolled_back.found, scope()), "the test rule still names green"
    aws("elbv2").modify_rule(RuleArn=arns["rule", "calstack-dev-test"], Actions=forward(aws, ("blue", 100)))
    unnamed = site(aws, aws.given)
    assert not changed(unnamed)
    (note,) = notes(unnamed.found, scope())
    assert "calstack-dev-green" in note


def drift(aws):
    """Change one thing of everything by hand."""
    elbv2, arns, other = aws("elbv2"), ids(aws), certificate(aws, "old.example.com")
    blue, green = arns["target group", "calstack-dev-blue"], arns["target group", "calstack-dev-green"]
    elbv2.modify_target_group(TargetGroupArn=blue, HealthCheckPath="/x", HealthyThresholdCount=5)
    stickiness = [{"Key": "stickiness.enabled", "Value": "true"}]
    elbv2.modify_target_group_attributes(TargetGroupArn=green, Attributes=stickiness)
    balancer = arns["load balancer", "calstack-dev-alb"]
    attributes = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "false"}]
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=attributes)
    elbv2.remove_tags(ResourceArns=[balancer], TagKeys=["Name"])
    default = aws("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])
    elbv2.set_security_groups(LoadBalancerArn=balancer, SecurityGroups=[default["SecurityGroups"][0]["GroupId"]])
    elbv2.modify_listener(
        ListenerArn=arns["listener", "calstack-dev-https"],
        SslPolicy="ELBSecurityPolicy-2016-08",
        Certificates=[{"CertificateArn": other}],
    )
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    elbv2.modify_listener(ListenerArn=arns["listener", "calstack-dev-http"], DefaultActions=answer)
    header = {"HttpHeaderName": "X-Other", "Values": ["y"]}
    elbv2.modify_rule(
        RuleArn=arns["rule", "calstack-dev-test"],
        Conditions=[{"Field": "http-header", "HttpHeaderConfig": header}],
    )


def test_drift_is_shown_in_check_mode_and_mended_otherwise(aws):
    site(aws, aws.given)
    drift(aws)
    aws.calls.clear()
    seen = look(aws, aws.given)
    assert not aws.writes
    text = show(seen.changes)
    for line in (
        "health_check_path: /x -> /",
        "healthy_threshold: 5 -> 2",
        "stickiness.enabled: true -> false",
        "routing.http.drop_invalid_header_fields.enabled: false -> true",
        "tags.Name: (none) -> calstack-dev-alb",
        "ssl_policy: ELBSecurityPolicy-2016-08 -> ELBSecurityPolicy-TLS13-1-2-2021-06",
        "default_action.type: fixed-response -> redirect",
    ):
        assert line in text
    assert "certificate: arn" in text
    assert "security_groups: sg-" in text
    mended = site(aws, aws.given)
    assert {change.action for change in mended.changes} == {"update"}
    assert [change.name for change in mended.changes] == [change.name for change in seen.changes]
    assert not changed(site(aws, aws.given))


def serve(aws, *colours, ip="10.0.0.9"):
    for colour in colours:
        arn = ids(aws)["target group", f"calstack-dev-{colour}"]
        aws("elbv2").register_targets(TargetGroupArn=arn, Targets=[{"Id": ip, "Port": 5000}])


def test_a_new_health_path_goes_to_a_colour_only_when_it_does_not_serve(aws):
    site(aws, aws.given)
    serve(aws, "blue")
    new = aws.given | {"health_check_path": "/health"}
    first = site(aws, new)
    assert changed(first) == [("update", "target group", "calstack-dev-green")]
    (note,) = notes(first.found, scope())
    assert "calstack-dev-blue is asked / (200-399), calstack-dev-green is asked /health (200-399)" in note
    assert not changed(site(aws, new))
    serve(aws, "green")
    blue = ids(aws)["target group", "calstack-dev-blue"]
    aws("elbv2").deregister_targets(TargetGroupArn=blue, Targets=[{"Id": "10.0.0.9", "Port": 5000}])
    second = site(aws, new)
    assert changed(second) == [("update", "target group", "calstack-dev-blue")]
    assert not notes(second.found, scope())


def test_a_new_health_path_while_both_colours_serve_is_refused(aws):
    site(aws, aws.given)
    serve(aws, "blue", "green")
    aws.calls.clear()
    with pytest.raises(InputError, match=r"app_health_path\) is /health.*both colours serve.*blue / \(200-399\)"):
        site(aws, aws.given | {"health_check_path": "/health"})
    assert not aws.writes
    assert not changed(site(aws, aws.given))


def test_tasks_that_never_became_healthy_do_not_hold_a_wrong_path(aws, monkeypatch):
    site(aws, aws.given)
    sick = {"TargetHealthDescriptions": [{"TargetHealth": {"State": "unhealthy"}}]}
    monkeypatch.setattr(aws("elbv2"), "describe_target_health", lambda **_: sick)
    assert len(changed(site(aws, aws.given | {"health_check_path": "/health"}))) == 2


def test_a_rule_and_a_listener_that_lost_their_tags_are_taken_back(aws):
    site(aws, aws.given)
    aws("elbv2").modify_rule(
        RuleArn=ids(aws)["rule", "calstack-dev-production"], Actions=forward(aws, ("blue", 90), ("green", 10))
    )
    keys = ["calstack:environment", "calstack:component", "Name"]
    names = [("rule", "calstack-dev-production"), ("rule", "calstack-dev-test"), ("listener", "calstack-dev-http")]
    aws("elbv2").remove_tags(ResourceArns=[ids(aws)[name] for name in names], TagKeys=keys)
    mended = site(aws, aws.given)
    assert {(change.action, change.kind, change.name) for change in mended.changes} == {
        ("update", *name) for name in names
    }
    assert weights(aws, "production") == {"calstack-dev-blue": 90, "calstack-dev-green": 10}


def maintenance(aws, priority):
    """A rule that somebody has made by hand."""
    aws("elbv2").create_rule(
        ListenerArn=ids(aws)["listener", "calstack-dev-https"],
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "Values": ["/maintenance"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
    )


def test_a_strangers_rule_where_ours_is_missing_is_not_taken_for_ours(aws):
    site(aws, aws.given)
    aws("elbv2").delete_rule(RuleArn=ids(aws)["rule", "calstack-dev-production"])
    maintenance(aws, 100)
    aws.calls.clear()
    with pytest.raises(CalstackError, match="priority 100 is wanted for the rule calstack-dev-production"):
        site(aws, aws.given)
    assert not aws.writes


def test_a_strangers_rule_on_our_priority_is_named_before_anything_changes(aws):
    site(aws, aws.given)
    maintenance(aws, 50)
    assert not changed(site(aws, aws.given)), "a rule beside ours is left alone"
    aws.calls.clear()
    with pytest.raises(CalstackError, match=r"priority 50 .* Choose another alb_production_priority"):
        site(aws, aws.given | {"production_priority": 50, "health_check_path": "/new"})
    assert not aws.writes


@pytest.mark.parametrize("gone", [EVERYTHING[:2], EVERYTHING[2:3], EVERYTHING[3:4], EVERYTHING[4:5], EVERYTHING[5:6]])
def test_what_is_missing_is_completed(aws, gone):
    site(aws, aws.given)
    arns = ids(aws)
    elbv2 = aws("elbv2")
    for kind, name in gone:
        if kind == "target group":
            elbv2.delete_load_balancer(LoadBalancerArn=arns["load balancer", "calstack-dev-alb"])
            elbv2.delete_target_group(TargetGroupArn=arns[kind, name])
        if kind == "load balancer":
            elbv2.delete_load_balancer(LoadBalancerArn=arns[kind, name])
        if kind == "listener":
            elbv2.delete_listener(ListenerArn=arns[kind, name])
        if kind == "rule":
            elbv2.delete_rule(RuleArn=arns[kind, name])
    completed = changed(site(aws, aws.given))
    assert {("create", *item) for item in gone} <= set(completed)
    assert {action for action, _kind, _name in completed} == {"create"}
    assert list(ids(aws))
    assert not changed(site(aws, aws.given))


def test_a_run_killed_between_a_resource_and_its_attributes_is_completed(aws):
    site(aws, aws.given)
    arns = ids(aws)
    aws("elbv2").delete_load_balancer(LoadBalancerArn=arns["load balancer", "calstack-dev-alb"])
    aws("elbv2").create_load_balancer(
        Name="calstack-dev-alb",
        Scheme="internet-facing",
        Subnets=aws.given["subnet_ids"],
        SecurityGroups=[aws.given["security_group_id"]],
        Tags=[{"Key": key, "Value": value} for key, value in scope().tags("calstack-dev-alb").items()],
    )
    assert ("update", "load balancer", "calstack-dev-alb") in changed(site(aws, aws.given))
    assert not changed(site(aws, aws.given))


def test_absent_takes_everything_and_only_what_is_the_environments(aws):
    certificate(aws, "prod.calstack.example.com")
    prod = aws.given | {"domain": "prod.calstack.example.com"}
    site(aws, prod, "prod")
    site(aws, aws.given)
    arns = ids(aws)
    aws("elbv2").create_rule(
        ListenerArn=arns["listener", "calstack-dev-https"],
        Priority=50,
        Conditions=[{"Field": "path-pattern", "Values": ["/maintenance"]}],
        Actions=forward(aws, ("blue", 1)),
    )
    aws.calls.clear()
    planned = destroy(aws, check=True)
    assert changed(planned)[-1] == ("delete", "target group", "calstack-dev-blue")
    assert not aws.writes
    assert set(changed(destroy(aws))) == {("delete", *item) for item in EVERYTHING}
    elbv2 = aws("elbv2")
    assert [item["LoadBalancerName"] for item in elbv2.describe_load_balancers()["LoadBalancers"]] == [
        "calstack-prod-alb"
    ]
    assert len(elbv2.describe_target_groups()["TargetGroups"]) == 2
    assert not changed(site(aws, prod, "prod"))
    assert not changed(destroy(aws))


def test_absent_completes_a_deletion_that_was_killed(aws):
    site(aws, aws.given)
    aws("elbv2").delete_load_balancer(LoadBalancerArn=ids(aws)["load balancer", "calstack-dev-alb"])
    assert changed(destroy(aws)) == [("delete", *item) for item in reversed(EVERYTHING[:2])]


@pytest.mark.parametrize("check", [True, False])
def test_a_protected_balancer_is_not_taken_apart(aws, check):
    site(aws, aws.given | {"deletion_protection": True})
    aws.calls.clear()
    with pytest.raises(CalstackError, match="alb_deletion_protection: false"):
        destroy(aws, check=check)
    assert not aws.writes
    site(aws, aws.given)
    assert destroy(aws).changes


def test_somebody_elses_balancer_of_our_name_is_refused_and_never_deleted(aws):
    made = aws("elbv2").create_load_balancer(Name="calstack-dev-alb", Subnets=aws.given["subnet_ids"])
    aws("elbv2").create_listener(
        LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    aws("elbv2").create_target_group(Name="calstack-dev-blue", Protocol="HTTP", Port=1, VpcId=aws.given["vpc_id"])
    aws.calls.clear()
    with pytest.raises(ForeignError):
        site(aws, aws.given)
    assert not destroy(aws).changes
    assert not aws.writes


def test_a_first_check_on_an_empty_account_shows_what_is_not_known_yet(aws):
    unknown = {"vpc_id": KNOWN_AFTER_APPLY, "subnet_ids": [KNOWN_AFTER_APPLY], "security_group_id": KNOWN_AFTER_APPLY}
    aws.calls.clear()
    result = look(aws, unknown)
    assert changed(result) == [("create", *item) for item in EVERYTHING]
    text = show(result.changes)
    assert f"vpc_id: {KNOWN_AFTER_APPLY}" in text
    assert f"load_balancer: {KNOWN_AFTER_APPLY}" in text
    assert f"forward: {{target_group: {KNOWN_AFTER_APPLY}, weight: 100}}, {{target_group" in text
    assert not aws.writes


def test_another_certificate_for_the_domain_does_not_replace_the_shown_one(aws):
    site(aws, aws.given)
    for _ in range(4):  # one of them has the greater ARN, whatever it is
        certificate(aws, DOMAIN)
    assert not changed(site(aws, aws.given))


def test_a_renewed_certificate_takes_over_with_its_extra_ones(aws):
    extra = certificate(aws, "other.example.com")
    site(aws, aws.given | {"extra_certificate_arns": [extra]})
    assert not changed(site(aws, aws.given | {"extra_certificate_arns": [extra]}))
    renewed = certificate(aws, f"*.{DOMAIN.partition('.')[2]}")
    given = aws.given | {"certificate_arn": renewed, "extra_certificate_arns": [extra, renewed]}
    assert changed(site(aws, given)) == [("update", "listener", "calstack-dev-https")]
    listener = ids(aws)["listener", "calstack-dev-https"]
    shown = aws("elbv2").describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert {item["CertificateArn"]: item["IsDefault"] for item in shown} == {renewed: True, extra: False}
    assert changed(site(aws, given | {"extra_certificate_arns": []}))
    shown = aws("elbv2").describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert [item["CertificateArn"] for item in shown] == [renewed]


def test_access_logs_and_a_third_zone_come_and_logs_go(aws):
    site(aws, aws.given)
    ec2 = aws("ec2")
    third = ec2.create_subnet(VpcId=aws.given["vpc_id"], CidrBlock="10.0.9.0/24", AvailabilityZone="eu-west-1c")
    given = aws.given | {
        "subnet_ids": [*aws.given["subnet_ids"], third["Subnet"]["SubnetId"]],
        "access_logs_bucket": "calstack-logs",
        "access_logs_prefix": "dev",
    }
    text = show(site(aws, given).changes)
    assert (
        "access_logs.s3.bucket: (none) -> calstack-logs" in text or "access_logs.s3.bucket:  -> calstack-logs" in text
    )
    assert not changed(site(aws, given))
    assert "access_logs.s3.enabled: true -> false" in show(site(aws, aws.given).changes)


def test_another_vpc_is_refused_and_a_new_port_is_not_a_change(aws):
    site(aws, aws.given)
    assert not changed(site(aws, aws.given | {"port": 8080}))
    with pytest.raises(FixedPropertyError, match="vpc_id"):
        site(aws, network(aws, "eu-west-1a", "eu-west-1b"))


def test_with_tls_all_the_way_groups_and_their_checks_speak_it(aws):
    site(aws, aws.given | {"target_protocol": "HTTPS"})
    groups = aws("elbv2").describe_target_groups()["TargetGroups"]
    assert {(item["Protocol"], item["HealthCheckProtocol"]) for item in groups} == {("HTTPS", "HTTPS")}
    assert not changed(site(aws, aws.given | {"target_protocol": "HTTPS"}))


@pytest.mark.parametrize("run", [site, look])
def test_another_protocol_is_refused_before_anything_is_changed(aws, run):
    site(aws, aws.given)
    aws.calls.clear()
    with pytest.raises(InputError) as caught:
        run(aws, aws.given | {"target_protocol": "HTTPS", "idle_timeout": 120})
    assert not aws.writes
    assert "alb_target_protocol (app_tls) makes it HTTPS, but the target group calstack-dev-blue speaks HTTP" in str(
        caught.value
    )
    assert "destroy.yml --limit alb,ecs" in str(caught.value)
