"""Invalidations: once for each reason."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import dns_invalidation
from dns_account import ready, site
from module_answer import ANSIBLES_OWN

BASE = {"environment_name": "dev", "stack_name": "calstack-dev", "reference": "r-1"}


@pytest.fixture(scope="module")
def built():
    with ready("calstack.example.com") as made:
        site(made)
        yield made


@pytest.fixture
def aws(built, monkeypatch):
    built.cloudfront.invalidations.clear()
    monkeypatch.setattr(dns_invalidation, "AwsClients", lambda _maker: built.edge)
    return built


def call(capsys, **given):
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        dns_invalidation.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(dns_invalidation.DOCUMENTATION)["options"]
    keys = ("type", "elements", "default", "required")
    assert {
        name: {key: option[key] for key in keys if key in option} for name, option in options.items()
    } == dns_invalidation.OPTIONS


def test_one_reason_is_one_invalidation(aws, capsys):
    first, second = call(capsys), call(capsys)
    assert first["changed"]
    assert not second["changed"]
    assert first["invalidation_id"] == second["invalidation_id"]
    assert first.keys() - ANSIBLES_OWN == yaml.safe_load(dns_invalidation.RETURN).keys()
    assert call(capsys, reference="r-2")["invalidation_id"] != first["invalidation_id"]
    made = aws.cloudfront.invalidations[first["invalidation_id"]]
    assert made["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/static/*"]}
    assert made["Status"] == "Completed"


def test_check_mode_makes_none(aws, capsys):
    answer = call(capsys, _ansible_check_mode=True)
    assert answer["changed"]
    assert answer["invalidation_id"] == ""
    assert not aws.cloudfront.invalidations


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"paths": ["static/*"]}, "'static/*' cannot be invalidated"),
        ({"paths": ["/*/a"]}, "'/*/a' cannot be invalidated"),
        ({"paths": []}, "0 paths cannot be invalidated"),
        ({"reference": "two words"}, "the reference is 'two words'"),
        ({"stack_name": "calstack-other"}, "calstack-other has no CloudFront distribution"),
    ],
)
def test_what_cannot_be_is_refused(aws, capsys, given, words):
    answer = call(capsys, **given)
    assert answer["failed"]
    assert words in answer["msg"]


def test_the_same_reason_for_other_paths_is_only_waited_for(aws, capsys):
    first = call(capsys)
    assert call(capsys, paths=["/img/*"])["invalidation_id"] == first["invalidation_id"]
