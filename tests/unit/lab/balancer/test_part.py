"""Real requests through Envoy as the emulator's ELBv2 has it."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections import Counter
from functools import partial
from typing import Any

import pytest
import trustme

from lab import ca
from tests.unit.lab.balancer.balancer_stand import Stand, forward, own_certificate, until


def test_weights_hold_and_change_live_without_a_lost_request(stand: Stand) -> None:
    blue, green = stand.group(), stand.group()
    toys = [stand.toy(blue, "blue"), stand.toy(green, "green")]
    balancer = stand.balancer()
    listener = stand.listener(balancer, forward((blue, 50), (green, 50)), 443)
    for group in (blue, green):
        stand.healthy(group)
    stand.answers(balancer, 200, port=443)

    answers: list[tuple[int, str]] = []
    done = threading.Event()

    def load() -> None:
        connection = stand.connect(balancer, 443)
        while not done.is_set():
            connection.request("GET", "/")
            response = connection.getresponse()
            answers.append((response.status, response.read().decode()))

    threads = start_together(load, 4)
    try:
        assert until(lambda: len(answers) >= 1200, 30)
        share = Counter(name for _, name in answers[:1200])["blue"] / 1200
        assert 0.42 < share < 0.58
        stand.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[forward((blue, 0), (green, 100))])
        assert until(lambda: {name for _, name in answers[-400:]} == {"green"}, 30)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert {status for status, _ in answers} == {200}
    for toy in toys:
        toy.close()


def start_together(work: Any, threads: int, *given: Any) -> list[threading.Thread]:
    started = [threading.Thread(target=work, args=given, daemon=True) for _ in range(threads)]
    for thread in started:
        thread.start()
    return started


def test_a_target_is_initial_then_healthy_then_unhealthy_with_its_code(stand: Stand) -> None:
    group = stand.group()
    assert stand.health(group) == []
    toy = stand.toy(group, "one")
    assert stand.health(group)[0][:2] == ("unused", "Target.NotInUse")
    balancer = stand.balancer()
    listener = stand.listener(balancer, forward((group, 1)))
    assert stand.health(group)[0][0] == "initial"
    stand.healthy(group)

    toy.status = 500
    words = ("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]")
    assert until(lambda: stand.health(group) == [words], 15), stand.health(group)
    assert stand.get(balancer)[0] == 500, "with no healthy target the group fails open"

    toy.status = 200
    stand.elbv2.modify_target_group(TargetGroupArn=group, HealthyThresholdCount=2)
    stand.healthy(group)
    stand.elbv2.delete_listener(ListenerArn=listener)
    assert stand.health(group)[0][:2] == ("unused", "Target.NotInUse")
    toy.close()


def test_a_draining_target_ends_what_it_has_and_gets_nothing_new(stand: Stand) -> None:
    group = stand.group()
    one, two = stand.toy(group, "one"), stand.toy(group, "two")
    balancer = stand.balancer()
    stand.listener(balancer, forward((group, 1)))
    stand.healthy(group, 2)
    for toy in (one, two):
        toy.delay = 1.5
    answers: list[int] = []
    threads = start_together(lambda: answers.append(stand.get(balancer, "/slow")[0]), 4)
    assert one.slow_started.wait(5)
    stand.deregister(group, one)
    stand.deregister(group, one)
    assert ("draining", "Target.DeregistrationInProgress") in [state[:2] for state in stand.health(group)]
    until(lambda: stand.get(balancer)[2] == "two")
    assert {stand.get(balancer)[2] for _ in range(20)} == {"two"}
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    assert until(lambda: len(stand.health(group)) == 1), "it is gone soon after its last request"

    stand.deregister(group, two)
    assert until(lambda: stand.get(balancer)[0] == 503)
    assert until(lambda: stand.health(group) == [])
    status, headers, page = stand.get(balancer)
    assert status == 503
    assert headers["server"] == "awselb/2.0"
    assert "503 Service Temporarily Unavailable" in page
    one.close()
    two.close()


def test_targets_come_and_go_and_no_request_is_lost(stand: Stand) -> None:
    group = stand.group()
    kept = stand.toy(group, "kept")
    balancer = stand.balancer()
    stand.listener(balancer, forward((group, 1)))
    stand.healthy(group)
    answers: Counter[int] = Counter()
    done = threading.Event()

    def load() -> None:
        connection = stand.connect(balancer)
        while not done.is_set():
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
            answers[response.status] += 1

    threads = start_together(load, 3)
    for _ in range(3):
        toy = stand.toy(group, "passing")
        stand.healthy(group, 2)
        stand.deregister(group, toy)
        stand.register(group, toy)
        stand.healthy(group, 2)
        stand.deregister(group, toy)
        assert until(lambda: len(stand.health(group)) == 1)
        # The book lets a target go before Envoy does, by a tick.
        assert until(partial(stand.leaves_out, toy))
        toy.close()
    done.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {200}
    assert answers[200] > 500
    kept.close()


def test_a_request_in_flight_outlives_the_rule_that_sent_it(stand: Stand) -> None:
    group = stand.group()
    toy = stand.toy(group, "one")
    toy.delay = 3.5
    balancer = stand.balancer()
    listener = stand.listener(balancer, forward((group, 1)))
    stand.healthy(group)
    answers: list[int] = []
    threads = start_together(lambda: answers.append(stand.get(balancer, "/slow")[0]), 1)
    assert toy.slow_started.wait(5)
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "50% off"}}
    stand.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[fixed])
    assert until(lambda: stand.get(balancer)[2] == "50% off")
    threads[0].join()
    assert answers == [200]
    toy.close()


def test_rules_redirects_and_headers(stand: Stand) -> None:
    group = stand.group()
    toy = stand.toy(group, "one")
    balancer = stand.balancer()
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    listener = stand.listener(balancer, redirect)
    conditions = [
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Candidate", "Values": ["gr*n"]}},
        {"Field": "path-pattern", "Values": ["/app/*"]},
    ]
    stand.elbv2.create_rule(ListenerArn=listener, Priority=5, Conditions=conditions, Actions=[forward((group, 1))])
    stand.healthy(group)
    candidate = {"X-Candidate": "GREEN", "Host": "calstack.localhost:8080"}
    assert until(lambda: stand.get(balancer, "/app/x?y=/z", headers=candidate)[2] == "one")
    seen = toy.headers
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-port"] == "8080"
    assert ipaddress.ip_address(seen["x-forwarded-for"])
    assert seen["x-amzn-trace-id"].startswith("Root=1-")
    assert not [name for name in seen if name.startswith("x-envoy")]
    stand.get(balancer, "/app/x", headers={**candidate, "X-Amzn-Trace-Id": "Root=1-a-b;Self=old"})
    assert toy.headers["x-amzn-trace-id"].startswith("Self=1-")
    assert toy.headers["x-amzn-trace-id"].endswith("Root=1-a-b;")

    status, headers, _ = stand.get(balancer, "/other?a=1", headers=candidate)
    assert (status, headers["location"]) == (301, "https://calstack.localhost:8443/other?a=1")
    toy.close()


def test_a_secret_header_of_which_two_values_will_do_stands_beside_another_condition(stand: Stand) -> None:
    group = stand.group()
    toy = stand.toy(group, "one")
    balancer = stand.balancer()
    forbidden = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
    listener = stand.listener(balancer, forbidden)
    conditions = [
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": values}}
        for name, values in (("X-Calstack-Test", ["candidate"]), ("X-Origin-Verify", ["new", "old"]))
    ]
    stand.elbv2.create_rule(ListenerArn=listener, Priority=5, Conditions=conditions, Actions=[forward((group, 1))])
    stand.healthy(group)
    candidate = {"X-Calstack-Test": "candidate"}
    assert until(lambda: stand.get(balancer, headers={**candidate, "X-Origin-Verify": "old"})[2] == "one")
    assert stand.get(balancer, headers={**candidate, "X-Origin-Verify": "new"})[2] == "one"
    for wrong in ({}, candidate, {"X-Origin-Verify": "new"}, {**candidate, "X-Origin-Verify": "older"}):
        assert stand.get(balancer, headers=wrong)[0] == 403, wrong
    toy.close()


def test_tls_goes_on_to_targets_with_certificates_of_their_own(stand: Stand) -> None:
    group = stand.group(protocol="HTTPS", HealthCheckProtocol="HTTPS")
    toy = stand.toy(group, "one", own_certificate())
    balancer = stand.balancer()
    stand.listener(balancer, forward((group, 1)), 443)
    stand.healthy(group)
    assert stand.answers(balancer, 200, port=443)[2] == "one"
    toy.status = 418
    failing = [("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [418]")]
    assert until(lambda: stand.health(group) == failing), stand.health(group)
    toy.close()


FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
Shake = tuple[str | None, str | None, list[str]]


def shake(stand: Stand, address: str, version: ssl.TLSVersion, name: str = "calstack.localhost") -> Shake | None:
    """Protocol, TLS version and the names in the certificate; None when the handshake fails."""
    context = ssl.create_default_context(cafile=str(ca.certificate_file(stand.settings)))
    context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        with (
            socket.create_connection((address, 8443), 5) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            names: Any = (secure.getpeercert() or {}).get("subjectAltName", ())
            return secure.selected_alpn_protocol(), secure.version(), [str(value) for _, value in names]
    except OSError:
        return None


def test_tls_speaks_http_2_and_the_versions_of_the_policy(stand: Stand) -> None:
    balancer = stand.balancer()
    listener = stand.listener(balancer, FIXED, 443)
    stand.elbv2.modify_listener(ListenerArn=listener, SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")

    def newest() -> bool:
        found = shake(stand, balancer["DNSName"], ssl.TLSVersion.TLSv1_3)
        return found is not None and found[:2] == ("h2", "TLSv1.3")

    assert until(newest)
    assert shake(stand, balancer["DNSName"], ssl.TLSVersion.TLSv1_2) is None


def test_extra_certificates_go_by_sni_and_acm_s_own_are_signed_by_the_lab(stand: Stand) -> None:
    acm = stand.client("acm")
    requested = acm.request_certificate(DomainName="other.example.com")["CertificateArn"]
    issued = acm.get_certificate(CertificateArn=requested)
    assert issued["CertificateChain"].encode() == ca.certificate_file(stand.settings).read_bytes()

    balancer = stand.balancer()
    listener = stand.listener(balancer, FIXED, 443)
    authority = trustme.CA()
    extra = authority.issue_cert("extra.localhost", key_type=trustme.KeyType.RSA)
    arn = acm.import_certificate(
        Certificate=extra.cert_chain_pems[0].bytes(), PrivateKey=extra.private_key_pem.bytes()
    )["CertificateArn"]
    stand.elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": arn}])

    def served(name: str) -> bytes:
        with contextlib.suppress(OSError), socket.create_connection((balancer["DNSName"], 8443), 5) as plain:
            context = ssl._create_unverified_context()
            with context.wrap_socket(plain, server_hostname=name) as secure:
                return secure.getpeercert(binary_form=True) or b""
        return b""

    wanted = ssl.PEM_cert_to_DER_cert(extra.cert_chain_pems[0].bytes().decode())
    assert until(lambda: served("extra.localhost") == wanted)
    default = shake(stand, balancer["DNSName"], ssl.TLSVersion.TLSv1_2)
    assert default is not None
    assert "calstack.localhost" in default[2]


def test_who_waits_longer_than_the_idle_time_gets_504(stand: Stand) -> None:
    group = stand.group()
    toy = stand.toy(group, "one")
    toy.delay = 2.5
    balancer = stand.balancer()
    idle = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
    stand.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=idle)
    stand.listener(balancer, forward((group, 1)))
    stand.healthy(group)
    stand.answers(balancer, 200)
    status, _, page = stand.get(balancer, "/slow")
    assert (status, "504 Gateway Time-out" in page) == (504, True)
    toy.close()


def test_a_target_that_hangs_times_out(stand: Stand) -> None:
    group = stand.group(HealthCheckPath="/slow")
    toy = stand.toy(group, "one")
    toy.delay = 5
    stand.listener(stand.balancer(), forward((group, 1)))
    assert until(lambda: stand.health(group)[0][1] == "Elb.InitialHealthChecking")
    assert until(lambda: stand.health(group) == [("unhealthy", "Target.Timeout", "Request timed out")])
    toy.close()


def test_a_stuck_client_stays_with_its_group_at_weight_0_and_gets_503_when_it_is_empty(stand: Stand) -> None:
    blue, green = stand.group(), stand.group()
    toys = [stand.toy(blue, "blue"), stand.toy(green, "green")]
    balancer = stand.balancer()
    listener = stand.listener(balancer, forward((blue, 100), (green, 0), stickiness=60))
    for group in (blue, green):
        stand.healthy(group)
    _, headers, name = stand.answers(balancer, 200)
    assert name == "blue"
    cookie = headers["set-cookie"].split(";")[0]
    assert cookie.startswith("AWSALBTG")

    swapped = forward((blue, 0), (green, 100), stickiness=60)
    stand.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[swapped])
    assert until(lambda: stand.get(balancer)[2] == "green")
    assert {stand.get(balancer, headers={"Cookie": f"other=1; {cookie}"})[2] for _ in range(10)} == {"blue"}

    stand.deregister(blue, toys[0])
    assert until(lambda: stand.get(balancer, headers={"Cookie": cookie})[0] == 503)
    assert stand.get(balancer)[2] == "green"
    stand.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[forward((green, 100), stickiness=60)])
    assert until(lambda: stand.get(balancer, headers={"Cookie": cookie})[2] == "green")
    stand.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[swapped])
    assert until(lambda: stand.get(balancer, headers={"Cookie": cookie})[0] == 503)
    stand.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[forward((blue, 0), (green, 100))])
    assert until(lambda: stand.get(balancer, headers={"Cookie": cookie})[2] == "green")
    for toy in toys:
        toy.close()


def test_a_client_stays_with_its_target(stand: Stand) -> None:
    group = stand.group()
    stand.attributes(group, **{"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "60"})
    toys = {name: stand.toy(group, name) for name in ("one", "two")}
    balancer = stand.balancer()
    stand.listener(balancer, forward((group, 1)))
    stand.healthy(group, 2)
    _, headers, name = stand.answers(balancer, 200)
    cookie = headers["set-cookie"].split(";")[0]
    assert cookie.startswith("AWSALB=")
    assert {stand.get(balancer, headers={"Cookie": cookie})[2] for _ in range(10)} == {name}
    assert {stand.get(balancer)[2] for _ in range(10)} == set(toys)
    stand.deregister(group, toys[name])
    assert until(lambda: stand.get(balancer, headers={"Cookie": cookie})[2] != name)
    for toy in toys.values():
        toy.close()


def test_metrics_of_targets_and_balancer(stand: Stand) -> None:
    group = stand.group(interval=4)
    toy = stand.toy(group, "one")
    balancer = stand.balancer()
    stand.listener(balancer, forward((group, 1)))
    stand.healthy(group)
    names = {"LoadBalancer": balancer["LoadBalancerArn"].split("loadbalancer/")[1], "TargetGroup": group.split(":")[-1]}

    def metric(name: str, statistic: str = "Sum", *dimensions: str) -> float | None:
        now = datetime.datetime.now(datetime.UTC)
        wanted = {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": names[key]} for key in dimensions or names],
        }
        answer = stand.client("cloudwatch").get_metric_data(
            StartTime=now - datetime.timedelta(hours=1),
            EndTime=now + datetime.timedelta(seconds=1),
            MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": wanted, "Period": 7200, "Stat": statistic}}],
        )
        values = answer["MetricDataResults"][0]["Values"]
        return float(sum(values)) if values else None

    assert metric("RequestCount") is None, "no data without traffic"
    for _ in range(5):
        assert stand.get(balancer)[0] == 200
    toy.status = 503
    assert stand.get(balancer)[0] == 503
    toy.status, toy.delay = 200, 0.3
    assert stand.get(balancer, "/slow")[0] == 200

    assert until(lambda: metric("RequestCount") == 7)
    assert metric("RequestCount", "Sum", "LoadBalancer") == 7
    assert metric("HTTPCode_Target_2XX_Count") == 6
    assert metric("HTTPCode_Target_5XX_Count") == 1
    assert metric("HTTPCode_ELB_5XX_Count", "Sum", "LoadBalancer") is None
    assert metric("HealthyHostCount", "Maximum") == 1
    assert (metric("TargetResponseTime", "p99") or 0) > 0.25 > (metric("TargetResponseTime", "p50") or 1)

    toy.close()
    assert stand.get(balancer)[0] == 502
    assert until(lambda: metric("HTTPCode_ELB_5XX_Count", "Sum", "LoadBalancer") == 1)
    assert metric("HTTPCode_ELB_502_Count", "Sum", "LoadBalancer") == 1
    assert metric("TargetConnectionErrorCount") == 1
    assert metric("RequestCount") == 8


@pytest.mark.parametrize("clash", [8080])
def test_ports_that_fall_together_are_a_trouble_not_a_crash(stand: Stand, clash: int) -> None:
    balancer = stand.balancer()
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "first"}}
    stand.listener(balancer, fixed)
    stand.listener(balancer, fixed, clash)
    assert stand.answers(balancer, 200)[2] == "first"
