"""ELBv2: what the lab mends, against moto as it comes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab import ca
from lab.settings import Settings

Client = Callable[[str], Any]
names = count(1)


@dataclass
class Account:
    """A VPC with two subnets in an emulator."""

    client: Client
    vpc: str
    subnets: list[str]

    @property
    def elbv2(self) -> Any:
        return self.client("elbv2")

    def balancer(self, **more: Any) -> dict[str, Any]:
        given = {"Name": f"lb-{next(names)}", "Subnets": self.subnets, **more}
        return dict(self.elbv2.create_load_balancer(**given)["LoadBalancers"][0])

    def group(self) -> str:
        given = {"Name": f"tg-{next(names)}", "Protocol": "HTTP", "Port": 5000, "VpcId": self.vpc, "TargetType": "ip"}
        return str(self.elbv2.create_target_group(**given)["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, balancer: dict[str, Any], port: int = 80, **more: Any) -> dict[str, Any]:
        fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
        given = {"Protocol": "HTTP", "DefaultActions": [fixed], **more}
        made = self.elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Port=port, **given)
        return dict(made["Listeners"][0])


def account(client: Client) -> Account:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.3.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")
        for number, zone in enumerate("ab")
    ]
    return Account(client, vpc, [made["Subnet"]["SubnetId"] for made in subnets])


@pytest.fixture(scope="module")
def moto(plain: Client) -> Account:
    return account(plain)


@pytest.fixture(scope="module")
def lab(mended: Client) -> Account:
    return account(mended)


@pytest.fixture
def certificate(lab: Account, tmp_path: Path) -> str:
    issued = ca.LocalCa(Settings(tmp_path, "127.94", tmp_path)).issue(["calstack.localhost"])
    return import_into(lab, issued)


def import_into(account: Account, issued: ca.Issued) -> str:
    given = {"Certificate": issued.certificate, "PrivateKey": issued.key, "CertificateChain": issued.chain}
    return str(account.client("acm").import_certificate(**given)["CertificateArn"])


def refusal(call: Callable[..., Any], *given: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*given, **named)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_balancer_has_an_address_of_the_lab_and_a_free_one_is_used_again(moto: Account, lab: Account) -> None:
    assert moto.balancer()["DNSName"].endswith(".elb.amazonaws.com")
    one, two = lab.balancer(), lab.balancer()
    assert one["DNSName"].startswith("127.93.1.")
    assert one["DNSName"] != two["DNSName"]
    assert one["CanonicalHostedZoneId"] == "Z32O12XQLNTSW2"
    lab.elbv2.delete_load_balancer(LoadBalancerArn=one["LoadBalancerArn"])
    again = lab.balancer()
    assert again["DNSName"] == one["DNSName"]
    for made in (two, again):
        lab.elbv2.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])


def test_a_balancer_needs_two_zones(moto: Account, lab: Account) -> None:
    assert moto.balancer(Subnets=moto.subnets[:1])
    assert refusal(lab.balancer, Subnets=lab.subnets[:1]) == (
        "ValidationError",
        "At least two subnets in two different Availability Zones must be specified",
    )
    code, words = refusal(lab.balancer, Subnets=[lab.subnets[0], lab.subnets[0]])
    assert code == "InvalidConfigurationRequest"
    assert "same Availability Zone" in words
    assert refusal(lab.balancer, Subnets=[lab.subnets[0], "subnet-0123"]) == (
        "SubnetNotFound",
        "The subnet ID 'subnet-0123' does not exist",
    )


def test_a_balancer_s_name_is_its_own(moto: Account, lab: Account) -> None:
    assert moto.balancer(Name="twice")["LoadBalancerArn"] != moto.balancer(Name="twice")["LoadBalancerArn"]
    first = lab.balancer(Name="twice")
    assert lab.balancer(Name="twice")["LoadBalancerArn"] == first["LoadBalancerArn"]
    assert refusal(lab.balancer, Name="twice", Scheme="internal")[0] == "DuplicateLoadBalancerName"


def test_a_balancer_has_all_its_attributes(moto: Account, lab: Account) -> None:
    def attributes(account: Account) -> dict[str, str]:
        arn = account.balancer()["LoadBalancerArn"]
        answer = account.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)
        return {item["Key"]: item["Value"] for item in answer["Attributes"]}

    assert "idle_timeout.timeout_seconds" not in attributes(moto)
    found = attributes(lab)
    assert found["idle_timeout.timeout_seconds"] == "60"
    assert found["routing.http2.enabled"] == "true"
    assert found["access_logs.s3.enabled"] == "false"


def test_deletion_protection_is_honoured(moto: Account, lab: Account) -> None:
    protect = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    unprotect = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    for account in (moto, lab):
        arn = account.balancer()["LoadBalancerArn"]
        account.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protect)
        if account is moto:
            account.elbv2.delete_load_balancer(LoadBalancerArn=arn)
            continue
        code, words = refusal(account.elbv2.delete_load_balancer, LoadBalancerArn=arn)
        assert code == "OperationNotPermitted"
        assert "deletion protection is enabled" in words
        account.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=unprotect)
        account.elbv2.delete_load_balancer(LoadBalancerArn=arn)


def test_a_port_has_one_listener(moto: Account, lab: Account) -> None:
    for account in (moto, lab):
        balancer = account.balancer()
        account.listener(balancer)
        if account is moto:
            assert account.listener(balancer)
            continue
        assert refusal(account.listener, balancer)[0] == "DuplicateListener"
        other = account.listener(balancer, 81)
        given = {"ListenerArn": other["ListenerArn"], "Port": 80}
        assert refusal(account.elbv2.modify_listener, **given)[0] == "DuplicateListener"


def test_https_needs_a_certificate_that_is_issued(moto: Account, lab: Account, certificate: str) -> None:
    assert moto.listener(moto.balancer(), 443, Protocol="HTTPS")["Protocol"] == "HTTPS"
    balancer = lab.balancer()
    words = "A certificate must be specified for HTTPS listeners"
    assert refusal(lab.listener, balancer, 443, Protocol="HTTPS") == ("ValidationError", words)
    unknown = [{"CertificateArn": certificate[:-4] + "0000"}]
    assert refusal(lab.listener, balancer, 443, Protocol="HTTPS", Certificates=unknown)[0] == "CertificateNotFound"
    pending = lab.client("acm").request_certificate(DomainName="a.example.com")["CertificateArn"]
    given: dict[str, Any] = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": pending}]}
    assert refusal(lab.listener, balancer, 443, **given)[0] == "UnsupportedCertificate"
    given["Certificates"] = [{"CertificateArn": certificate}]
    assert refusal(lab.listener, balancer, 443, SslPolicy="None-Such", **given)[0] == "SSLPolicyNotFound"
    made = lab.listener(balancer, 443, **given)
    assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    assert made["Certificates"] == [{"CertificateArn": certificate}]


def test_plain_http_has_no_ssl_policy(moto: Account, lab: Account) -> None:
    assert "SslPolicy" in moto.listener(moto.balancer())
    assert "SslPolicy" not in lab.listener(lab.balancer())


def test_extra_certificates_are_kept_apart(moto: Account, lab: Account, certificate: str, tmp_path: Path) -> None:
    issued = ca.LocalCa(Settings(tmp_path, "127.94", tmp_path)).issue(["other.localhost"])
    for account in (moto, lab):
        default, extra = import_into(account, issued), import_into(account, issued)
        made = account.listener(account.balancer(), 443, Protocol="HTTPS", Certificates=[{"CertificateArn": default}])[
            "ListenerArn"
        ]
        account.elbv2.add_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": extra}])
        (described,) = account.elbv2.describe_listeners(ListenerArns=[made])["Listeners"]
        all_of_them = account.elbv2.describe_listener_certificates(ListenerArn=made)["Certificates"]
        assert [(item["CertificateArn"], item["IsDefault"]) for item in all_of_them] == [
            (default, True),
            (extra, False),
        ]
        if account is moto:
            assert len(described["Certificates"]) == 2
            continue
        assert described["Certificates"] == [{"CertificateArn": default}]
        account.elbv2.modify_listener(ListenerArn=made, Certificates=[{"CertificateArn": extra}])
        assert len(account.elbv2.describe_listener_certificates(ListenerArn=made)["Certificates"]) == 2
        account.elbv2.remove_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": extra}])
        assert len(account.elbv2.describe_listener_certificates(ListenerArn=made)["Certificates"]) == 1


def test_actions_are_answered_complete(moto: Account, lab: Account) -> None:
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    for account in (moto, lab):
        group = account.group()
        balancer = account.balancer()
        short = [{"Type": "forward", "TargetGroupArn": group}]
        (forward,) = account.listener(balancer, DefaultActions=short)["DefaultActions"]
        (redirected,) = account.listener(balancer, 81, DefaultActions=[redirect])["DefaultActions"]
        if account is moto:
            assert "ForwardConfig" not in forward
            assert "Host" not in redirected["RedirectConfig"]
            continue
        assert forward["ForwardConfig"] == {
            "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
            "TargetGroupStickinessConfig": {"Enabled": False},
        }
        assert redirected["RedirectConfig"] == {
            "Protocol": "HTTPS",
            "Port": "#{port}",
            "Host": "#{host}",
            "Path": "/#{path}",
            "Query": "#{query}",
            "StatusCode": "HTTP_301",
        }


def told_by(call: Callable[..., Any], **named: Any) -> str:
    """The error of a call, or nothing."""
    try:
        call(**named)
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def weighted(*groups: str, sticky: bool = False) -> list[dict[str, Any]]:
    config: dict[str, Any] = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in groups],
        "TargetGroupStickinessConfig": {"Enabled": sticky, "DurationSeconds": 60},
    }
    return [{"Type": "forward", "ForwardConfig": config}]


def sticky_answers(account: Account) -> list[str]:
    """What an account says to each step towards sticky targets in a rule of two groups."""
    elb, blue, green = account.elbv2, account.group(), account.group()
    listener = account.listener(account.balancer(), DefaultActions=weighted(blue, green))["ListenerArn"]
    on = {"TargetGroupArn": blue, "Attributes": [{"Key": "stickiness.enabled", "Value": "true"}]}
    told = [told_by(elb.modify_target_group_attributes, **on)]
    elb.modify_listener(ListenerArn=listener, DefaultActions=weighted(blue, green, sticky=True))
    told.append(told_by(elb.modify_target_group_attributes, **on))
    condition = {"Field": "path-pattern", "Values": ["/a"]}
    given = {"ListenerArn": listener, "Priority": 9, "Conditions": [condition], "Actions": weighted(blue)}
    rule = elb.create_rule(**given)["Rules"][0]["RuleArn"]
    for actions in (weighted(blue, green), weighted(green), weighted(blue), weighted(blue, green, sticky=True)):
        told.append(told_by(elb.modify_rule, RuleArn=rule, Actions=actions))
    return told


def test_sticky_targets_in_a_weighted_forward_want_sticky_groups(moto: Account, lab: Account) -> None:
    assert sticky_answers(moto) == [""] * 6
    behind, on, several, *others = sticky_answers(lab)
    assert behind.startswith("InvalidConfigurationRequest: This target group appears behind a rule with group stick")
    assert several.startswith("InvalidConfigurationRequest: You must enable group stickiness on a rule if you enabled")
    assert [on, *others] == [""] * 4


def test_weights_survive_a_change_of_conditions_and_groups_must_exist(moto: Account, lab: Account) -> None:
    for account in (moto, lab):
        groups = [account.group(), account.group()]
        listener = account.listener(account.balancer())["ListenerArn"]
        weighted = {
            "Type": "forward",
            "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn, "Weight": 50} for arn in groups]},
        }
        rule = account.elbv2.create_rule(
            ListenerArn=listener,
            Priority=7,
            Conditions=[{"Field": "path-pattern", "Values": ["/a"]}],
            Actions=[weighted],
            Tags=[{"Key": "Name", "Value": "rule"}],
        )["Rules"][0]["RuleArn"]
        changed = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/b"]}}]
        (after,) = account.elbv2.modify_rule(RuleArn=rule, Conditions=changed)["Rules"]
        assert [group["Weight"] for group in after["Actions"][0]["ForwardConfig"]["TargetGroups"]] == [50, 50]
        unknown = [{"Type": "forward", "TargetGroupArn": groups[0] + "0"}]
        if account is moto:
            assert "Values" not in after["Conditions"][0]
            account.elbv2.modify_listener(ListenerArn=listener, DefaultActions=unknown)
            continue
        assert after["Conditions"][0]["Values"] == ["/b"]
        given = {"ListenerArn": listener, "DefaultActions": unknown}
        assert refusal(account.elbv2.modify_listener, **given)[0] == "TargetGroupNotFound"


def test_rules_come_in_order_of_priority(moto: Account, lab: Account) -> None:
    for account in (moto, lab):
        listener = account.listener(account.balancer())["ListenerArn"]
        fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
        for priority in (20, 3, 100):
            path = [{"Field": "path-pattern", "Values": [f"/{priority}"]}]
            account.elbv2.create_rule(ListenerArn=listener, Priority=priority, Conditions=path, Actions=[fixed])
        found = [rule["Priority"] for rule in account.elbv2.describe_rules(ListenerArn=listener)["Rules"]]
        assert found == (["20", "3", "100", "default"] if account is moto else ["3", "20", "100", "default"])


def test_listeners_and_rules_are_found_by_tag(moto: Account, lab: Account) -> None:
    for account in (moto, lab):
        tag = {"Key": "calstack:environment", "Value": f"tags-{next(names)}"}
        listener = account.listener(account.balancer(), Tags=[tag])["ListenerArn"]
        (described,) = account.elbv2.describe_tags(ResourceArns=[listener])["TagDescriptions"]
        assert described["Tags"] == [tag]
        tagging = account.client("resourcegroupstaggingapi")
        found = tagging.get_resources(TagFilters=[{"Key": tag["Key"], "Values": [tag["Value"]]}])
        arns = [item["ResourceARN"] for item in found["ResourceTagMappingList"]]
        assert arns == ([] if account is moto else [listener])


def test_a_group_knows_the_balancers_that_name_it_now(moto: Account, lab: Account) -> None:
    for account in (moto, lab):
        group, balancer = account.group(), account.balancer()
        action = [{"Type": "forward", "TargetGroupArn": group}]
        listener = account.listener(balancer, DefaultActions=action)["ListenerArn"]

        def named(group: str = group, account: Account = account) -> list[str]:
            (found,) = account.elbv2.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
            return list(found.get("LoadBalancerArns", []))

        assert named() == [balancer["LoadBalancerArn"]]
        assert refusal(account.elbv2.delete_target_group, TargetGroupArn=group)[0] == "ResourceInUse"
        account.elbv2.delete_listener(ListenerArn=listener)
        assert named() == ([balancer["LoadBalancerArn"]] if account is moto else [])
        account.elbv2.delete_target_group(TargetGroupArn=group)


def states(account: Account, group: str, *targets: dict[str, Any]) -> list[tuple[Any, ...]]:
    given = {"Targets": list(targets)} if targets else {}
    found = account.elbv2.describe_target_health(TargetGroupArn=group, **given)["TargetHealthDescriptions"]
    return [
        (
            item["Target"]["Port"],
            item["HealthCheckPort"],
            item["TargetHealth"]["State"],
            item["TargetHealth"].get("Reason"),
        )
        for item in found
    ]


def test_health_is_not_made_up(moto: Account, lab: Account) -> None:
    both = [{"Id": "127.80.16.1", "Port": 5000}, {"Id": "127.80.16.1", "Port": 5001}]
    for account in (moto, lab):
        group = account.group()
        account.elbv2.register_targets(TargetGroupArn=group, Targets=both)
        if account is moto:
            assert states(account, group) == [(5001, "traffic-port", "healthy", None)]
            continue
        unused = [(5000, "5000", "unused", "Target.NotInUse"), (5001, "5001", "unused", "Target.NotInUse")]
        assert states(account, group) == unused
        account.listener(account.balancer(), DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        assert states(account, group)[0][2:] == ("initial", "Elb.RegistrationInProgress")
        stranger = {"Id": "127.80.16.9", "Port": 1}
        assert states(account, group, stranger) == [(1, "1", "unused", "Target.NotRegistered")]


def test_a_target_drains_and_strangers_are_passed_over(moto: Account, lab: Account) -> None:
    target, stranger = {"Id": "127.80.16.1", "Port": 5000}, {"Id": "127.80.16.2"}
    for account in (moto, lab):
        group = account.group()
        account.elbv2.register_targets(TargetGroupArn=group, Targets=[target])
        if account is moto:
            given = {"TargetGroupArn": group, "Targets": [stranger]}
            assert refusal(account.elbv2.deregister_targets, **given)[0] == "InvalidTarget"
        else:
            account.elbv2.deregister_targets(TargetGroupArn=group, Targets=[stranger])
        account.elbv2.deregister_targets(TargetGroupArn=group, Targets=[target])
        found = states(account, group)
        assert found == ([] if account is moto else [(5000, "5000", "draining", "Target.DeregistrationInProgress")])


def test_a_group_has_the_attributes_of_stickiness(moto: Account, lab: Account) -> None:
    for account in (moto, lab):
        answer = account.elbv2.describe_target_group_attributes(TargetGroupArn=account.group())
        found = {item["Key"]: item["Value"] for item in answer["Attributes"]}
        assert ("stickiness.lb_cookie.duration_seconds" in found) is (account is lab)
        assert found["deregistration_delay.timeout_seconds"] == "300"


def test_a_health_check_can_be_changed_whole(lab: Account) -> None:
    """No mend: what the roles and the balancer rely on."""
    group = lab.group()
    wanted = {
        "HealthCheckPath": "/health",
        "HealthCheckPort": "9000",
        "HealthCheckIntervalSeconds": 10,
        "HealthCheckTimeoutSeconds": 3,
        "HealthyThresholdCount": 3,
        "UnhealthyThresholdCount": 4,
        "Matcher": {"HttpCode": "200,301-302"},
    }
    (changed,) = lab.elbv2.modify_target_group(TargetGroupArn=group, **wanted)["TargetGroups"]
    assert {name: changed[name] for name in wanted} == wanted
