"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._core import component
from ansible_collections.calstack.aws.plugins.module_utils._dns.context import EdgeRegion
from ansible_collections.calstack.aws.plugins.modules import dns
from dns_account import BALANCER, DOMAIN, SECRET, ready
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev", "domain": DOMAIN, "origin_secret_name": SECRET}


@pytest.fixture
def aws(monkeypatch):
    with ready("calstack.example.com") as made:
        made.cloudfront.looks = 0
        monkeypatch.setattr(component, "AwsClients", lambda _module: made)
        monkeypatch.setattr(dns, "AwsClients", lambda maker: made.edge if isinstance(maker, EdgeRegion) else made)
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        dns.main()
    return json.loads(capsys.readouterr().out)


def documented(option):
    """An option's documentation in the words of an argument spec."""
    spec = {key: option[key] for key in ("type", "elements", "choices", "default", "required") if key in option}
    if "suboptions" in option:
        spec["options"] = {name: documented(sub) for name, sub in option["suboptions"].items()}
    return spec


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(dns.DOCUMENTATION)["options"]
    taken = {
        name: {key: value for key, value in option.items() if key != "no_log"} for name, option in dns.OPTIONS.items()
    }
    assert {name: documented(option) for name, option in options.items()} == taken


def test_every_key_it_returns_is_documented_and_a_second_run_changes_nothing(aws, capsys):
    answer = call(capsys, **BALANCER)
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(dns.RETURN).keys()
    assert answer["dns_origin_name"] == f"origin.{DOMAIN}"
    again = call(capsys, **BALANCER)
    assert not again["changed"]
    assert again["dns_distribution_id"] == answer["dns_distribution_id"]


def test_the_secret_shows_nowhere_in_what_it_returns(aws, capsys):
    call(capsys, **BALANCER)
    value = json.loads(aws("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])["ORIGIN_HEADER"]
    config = next(iter(aws.cloudfront.distributions.values()))["config"]
    config["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"] = "old-value-of-the-header-123"
    with patch_module_args(BASE | BALANCER), pytest.raises(SystemExit):
        dns.main()
    said = capsys.readouterr().out
    assert "(another value) -> (set)" in said
    assert value not in said


def test_even_an_error_of_aws_does_not_show_it(aws, capsys, monkeypatch):
    monkeypatch.setattr(
        aws.cloudfront,
        "_check",
        lambda operation, config, but="": dns_refuses(operation, config),
    )
    answer = call(capsys, **BALANCER)
    assert answer["failed"]
    value = json.loads(aws("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])["ORIGIN_HEADER"]
    assert value not in json.dumps(answer)
    assert "create distribution calstack-dev-edge: AWS answered InvalidArgument" in answer["msg"]


def dns_refuses(operation, config):
    from cloudfront_fake import refuse

    refuse(operation, "InvalidArgument", f"what is {config['Origins']}?")


def test_check_mode_publishes_what_it_cannot_know_yet(aws, capsys):
    aws.region.calls.clear()
    answer = call(capsys, _ansible_check_mode=True, **BALANCER)
    assert answer["dns_origin_certificate_arn"] == "(known after apply)"
    assert "+ distribution calstack-dev-edge" in answer["diff"]["prepared"]
    assert not aws.writes


def test_certificates_alone(aws, capsys):
    answer = call(capsys, only="certificates")
    assert answer["dns_origin_certificate_arn"].startswith("arn:aws:acm:eu-west-1:")
    assert answer["dns_edge_certificate_arn"].startswith("arn:aws:acm:us-east-1:")
    assert "dns_distribution_id" not in answer


def test_wrong_input_ends_in_one_message(aws, capsys):
    assert call(capsys)["msg"].startswith("dns_alb_dns_name is empty")


def test_absent_needs_nothing_but_names(aws, capsys):
    call(capsys, **BALANCER)
    assert call(capsys, state="absent")["changed"]
    assert not call(capsys, state="absent")["changed"]


def test_it_tells_how_far_it_is(aws, capsys, tmp_path):
    aws.cloudfront.looks = 1
    call(capsys, progress_file=str(tmp_path / "progress"), **BALANCER)
    told = [json.loads(line)["text"] for line in (tmp_path / "progress").read_text().splitlines()]
    assert "distribution calstack-dev-edge is InProgress" in told


def test_the_edges_clients_are_of_us_east_1():
    class Maker:
        def client(self, service, **extra):
            return service, extra

    assert EdgeRegion(Maker()).client("acm", config={}) == ("acm", {"config": {}, "region": "us-east-1"})
