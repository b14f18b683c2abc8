"""Route 53: what the lab mends, against moto as it comes."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


def zone(client: Client, name: str) -> str:
    return str(client("route53").create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"])


def item(action: str, name: str, kind: str = "A", *values: str, **more: Any) -> dict[str, Any]:
    found = {"TTL": 60, "ResourceRecords": [{"Value": value} for value in values]} if values else {}
    return {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, **found, **more}}


def change(client: Client, zone_id: str, *changes: dict[str, Any]) -> dict[str, Any]:
    batch = {"Changes": list(changes)}
    done = client("route53").change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)
    return dict(done["ChangeInfo"])


def refused(client: Client, zone_id: str, *changes: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as caught:
        change(client, zone_id, *changes)
    assert caught.value.response["Error"]["Code"] == "InvalidChangeBatch"
    return str(caught.value.response["Error"]["Message"])


def names(client: Client, zone_id: str) -> list[tuple[str, str]]:
    found = client("route53").list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return [(record["Name"], record["Type"]) for record in found]


def test_a_change_is_pending_for_a_while(plain: Client, mended: Client) -> None:
    states = []
    for client in (plain, mended):
        zone_id = zone(client, "pending.example.com")
        done = [change(client, zone_id, item("UPSERT", "a.pending.example.com", "A", "192.0.2.1")) for _ in range(2)]
        asked = client("route53").get_change(Id=done[0]["Id"])["ChangeInfo"]["Status"]
        states.append((done[0]["Status"], asked, done[0]["Id"] == done[1]["Id"]))
    assert states == [("INSYNC", "INSYNC", True), ("PENDING", "PENDING", False)]
    deadline = time.monotonic() + 10
    while mended("route53").get_change(Id=done[0]["Id"])["ChangeInfo"]["Status"] != "INSYNC":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(ClientError) as caught:
        mended("route53").get_change(Id="/change/CNONE")
    assert caught.value.response["Error"]["Code"] == "NoSuchChange"


def test_a_zone_has_name_servers_of_its_own_and_a_reference_makes_one(plain: Client, mended: Client) -> None:
    for client, same in ((plain, True), (mended, False)):
        made = [
            client("route53").create_hosted_zone(Name=name, CallerReference=name)
            for name in ("one.example.net", "two.example.net")
        ]
        servers = [answer["DelegationSet"]["NameServers"] for answer in made]
        assert (servers[0] == servers[1]) is same
    found = mended("route53").list_resource_record_sets(HostedZoneId=made[0]["HostedZone"]["Id"])["ResourceRecordSets"]
    values = [value["Value"].rstrip(".") for value in found[0]["ResourceRecords"]]
    assert (found[0]["Type"], values) == ("NS", servers[0])
    with pytest.raises(ClientError) as caught:
        zone(mended, "one.example.net")
    assert caught.value.response["Error"]["Code"] == "HostedZoneAlreadyExists"


def test_what_stands_in_the_zone_decides_about_a_change(plain: Client, mended: Client) -> None:
    for client in (plain, mended):
        zone_id = zone(client, "rules.example.com")
        change(client, zone_id, item("CREATE", "a.rules.example.com", "A", "192.0.2.1"))
        change(client, zone_id, item("DELETE", "a.rules.example.com", "A", "192.0.2.1"))
        if client is plain:
            change(client, zone_id, item("DELETE", "a.rules.example.com", "A", "192.0.2.1"))  # it is gone
            continue
        gone = refused(client, zone_id, item("DELETE", "a.rules.example.com", "A", "192.0.2.1"))
        assert "but it was not found" in gone
    change(mended, zone_id, item("CREATE", "a.rules.example.com", "A", "192.0.2.1"))
    again = item("CREATE", "A.rules.example.com.", "A", "192.0.2.2")
    assert "but it already exists" in refused(mended, zone_id, again)
    assert "do not match" in refused(mended, zone_id, item("DELETE", "a.rules.example.com", "A", "192.0.2.9"))
    assert "not permitted in zone" in refused(mended, zone_id, item("CREATE", "a.example.org", "A", "192.0.2.1"))
    assert "at apex" in refused(mended, zone_id, item("CREATE", "rules.example.com", "CNAME", "x.example.com"))
    assert "conflicts" in refused(mended, zone_id, item("CREATE", "a.rules.example.com", "CNAME", "x.example.com"))
    change(mended, zone_id, item("CREATE", "c.rules.example.com", "CNAME", "x.example.com"))
    assert "conflicting RRSet" in refused(mended, zone_id, item("CREATE", "c.rules.example.com", "TXT", '"x"'))
    weighted = item("CREATE", "a.rules.example.com", "A", "192.0.2.3", SetIdentifier="w", Weight=1)
    assert "both simple and other" in refused(mended, zone_id, weighted)
    assert "Expected exactly one of" in refused(mended, zone_id, item("CREATE", "n.rules.example.com"))


def test_a_batch_is_done_whole_or_not_at_all(mended: Client) -> None:
    zone_id = zone(mended, "whole.example.com")
    before = names(mended, zone_id)
    good, bad = item("CREATE", "a.whole.example.com", "A", "192.0.2.1"), item("DELETE", "b.whole.example.com", "A", "x")
    refused(mended, zone_id, good, bad)
    assert names(mended, zone_id) == before


def test_names_are_answered_in_route_53_s_form_and_order(mended: Client) -> None:
    zone_id = zone(mended, "form.example.com")
    alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net", "EvaluateTargetHealth": False}
    change(
        mended,
        zone_id,
        item("CREATE", "*.form.example.com", "A", "192.0.2.1"),
        item("CREATE", "WWW.form.example.com", "A", AliasTarget=alias),
    )
    found = mended("route53").list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    assert [record["Name"] for record in found][2:] == ["\\052.form.example.com.", "www.form.example.com."]
    assert found[3]["AliasTarget"]["DNSName"] == "d1.cloudfront.net."
    assert "TTL" not in found[3]
    page = mended("route53").list_resource_record_sets(HostedZoneId=zone_id, MaxItems="3")
    assert (page["IsTruncated"], page["NextRecordName"], page["NextRecordType"]) == (True, "www.form.example.com.", "A")


def test_zones_are_listed_from_a_name_on(plain: Client, mended: Client) -> None:
    seen = []
    for client in (plain, mended):
        for name in ("a.listed.test", "listed.test"):
            zone(client, name)
        found = client("route53").list_hosted_zones_by_name(DNSName="listed.test")["HostedZones"]
        seen.append([one["Name"] for one in found][:2])
    assert seen == [["listed.test."], ["listed.test.", "a.listed.test."]]


def test_a_zone_with_delegations_in_it_is_not_empty(plain: Client, mended: Client) -> None:
    for client in (plain, mended):
        zone_id = zone(client, "delegates.example.com")
        change(client, zone_id, item("CREATE", "sub.delegates.example.com", "NS", "ns.example.org"))
        if client is plain:
            client("route53").delete_hosted_zone(Id=zone_id)
            continue
        with pytest.raises(ClientError) as caught:
            client("route53").delete_hosted_zone(Id=zone_id)
        assert caught.value.response["Error"]["Code"] == "HostedZoneNotEmpty"
        change(client, zone_id, item("DELETE", "sub.delegates.example.com", "NS", "ns.example.org"))
        assert client("route53").delete_hosted_zone(Id=zone_id)["ChangeInfo"]["Status"] == "PENDING"


def test_a_health_check_is_made_once_and_changes_its_version(plain: Client, mended: Client) -> None:
    given = {"Type": "HTTPS", "FullyQualifiedDomainName": "a.example.com", "ResourcePath": "/"}
    for client, same in ((plain, False), (mended, True)):
        route53 = client("route53")
        made = [
            route53.create_health_check(CallerReference="once", HealthCheckConfig=given)["HealthCheck"]["Id"]
            for _ in range(2)
        ]
        assert (made[0] == made[1]) is same
    changed = route53.update_health_check(HealthCheckId=made[0], ResourcePath="/x")["HealthCheck"]
    assert changed["HealthCheckVersion"] == 2
    with pytest.raises(ClientError) as caught:
        route53.create_health_check(CallerReference="once", HealthCheckConfig={**given, "ResourcePath": "/other"})
    assert caught.value.response["Error"]["Code"] == "HealthCheckAlreadyExists"
    route53.delete_health_check(HealthCheckId=made[0])
    with pytest.raises(ClientError) as caught:
        route53.delete_health_check(HealthCheckId=made[0])
    assert caught.value.response["Error"]["Code"] == "NoSuchHealthCheck"
