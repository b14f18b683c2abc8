"""The module as Ansible calls it."""

import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.doc_fragments.look import ModuleDocFragment
from ansible_collections.calstack.aws.plugins.module_utils._stack.published import Details, published
from ansible_collections.calstack.aws.plugins.modules import stack_info
from emulator import account
from module_answer import ANSIBLES_OWN

# Warnings are kept per process: here those of other tests may be among them.
BASE = {"environment_name": "dev", "stack_name": "calstack-dev"}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        stack_info.main()
    return json.loads(capsys.readouterr().out)


def test_what_is_documented_is_what_is_taken():
    documented = {
        name: {key: option[key] for key in ("type", "required")}
        for name, option in yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"].items()
    }
    assert documented == stack_info.OPTIONS


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys)
    always = {key for key, value in yaml.safe_load(stack_info.RETURN).items() if value["returned"] == "always"}
    assert answer.keys() - ANSIBLES_OWN == always
    assert answer["region"] == "eu-west-1"
    assert published([], "calstack-dev", Details()) == {}


def test_without_a_region_it_says_where_to_set_it(aws, capsys, monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    answer = call(capsys)
    assert answer["failed"]
    assert "aws_region" in answer["msg"]
    assert not aws.calls


def test_without_credentials_it_says_what_to_do(capsys, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    answer = call(capsys)
    assert answer["failed"]
    assert "there are no AWS credentials" in answer["msg"]


def test_an_unknown_profile_is_said_once(capsys, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    answer = call(capsys, profile="nobodys")
    assert "nobodys" in answer["msg"]


def test_an_endpoint_where_nobody_listens_is_said_soon(capsys):
    answer = call(capsys, endpoint_url="http://127.0.0.1:1")
    assert answer["failed"]
    assert "http://127.0.0.1:1" in answer["msg"]
