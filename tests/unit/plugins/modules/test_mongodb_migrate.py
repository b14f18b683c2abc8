"""The module: where its connection strings come from, what it says, and what it never says."""

import base64
import json
from urllib.parse import quote

import boto3
import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.module_utils._migrate import module as wiring
from ansible_collections.calstack.aws.plugins.module_utils._migrate.context import Outcome
from ansible_collections.calstack.aws.plugins.module_utils._migrate.errors import DifferenceError, StillWrittenError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.stages import STAGES
from ansible_collections.calstack.aws.plugins.modules import mongodb_migrate
from emulator import account

PASSWORD = "p@ss/w:rd+51 é"
ENCODED = quote(PASSWORD, safe="")
URI = f"mongodb://calstack:{ENCODED}@127.0.0.1:27017/?tls=true"
SHAPES = [PASSWORD, ENCODED, URI, base64.b64encode(PASSWORD.encode()).decode()]
SECRET = "calstack/dev/database"
GIVEN = {
    "environment_name": "dev",
    "stack_name": "calstack-dev",
    "stage": "preflight",
    "source": {"secret": SECRET},
    "target": {"uri": URI},
    "databases": ["calstack"],
    "region": "eu-west-1",
}


@pytest.fixture(autouse=True)
def aws(monkeypatch):
    with account():
        client = boto3.client("secretsmanager", region_name="eu-west-1")
        client.create_secret(Name=SECRET, SecretString=json.dumps({"MONGO_URI": "mongodb://old/", "number": 1}))
        client.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"MONGO_URI": "mongodb://new/"}))
        yield client


@pytest.fixture
def done(monkeypatch):
    """What the stage was given; it does nothing."""
    seen = []

    def stage(name, context, *, check):
        seen.append((name, context, check))
        return Outcome(True, "it was done", {"documents": 3})

    monkeypatch.setattr(wiring, "run", stage)
    return seen


def run(capsys, **changed):
    with patch_module_args(GIVEN | changed), pytest.raises(SystemExit):
        mongodb_migrate.main()
    return json.loads(capsys.readouterr().out)


def test_a_stage_is_done_with_both_sides(capsys, done):
    answer = run(capsys, stage="copy", collections_at_once=3, lag_seconds=2)
    assert (answer["changed"], answer["msg"], answer["stage"], answer["documents"]) == (True, "it was done", "copy", 3)
    ((name, context, check),) = done
    assert (name, check) == ("copy", False)
    assert context.endpoints["source"].uri == "mongodb://new/"
    assert context.endpoints["target"].uri == URI
    settings = context.settings
    assert (settings.migration, settings.databases) == ("calstack-dev", ("calstack",))
    assert (settings.collections_at_once, settings.lag_seconds) == (3, 2.0)


def test_any_version_and_key_of_a_secret_can_be_a_side(capsys, done):
    run(capsys, source={"secret": SECRET, "version_stage": "AWSPREVIOUS"})
    assert done[0][1].endpoints["source"].uri == "mongodb://old/"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"source": {}}, "migrate_source needs either a connection string (uri) or the name of a secret"),
        ({"target": {"uri": URI, "secret": SECRET}}, "migrate_target needs either"),
        ({"source": {"uri": f"postgres://{ENCODED}@host/"}}, "migrate_source is no connection string"),
        ({"source": {"secret": SECRET, "key": "OTHER"}}, f"the secret {SECRET} (AWSCURRENT) holds no key OTHER"),
        ({"source": {"secret": "calstack/prod/database"}}, "reading the secret calstack/prod/database"),
        ({"source": {"secret": SECRET, "version_stage": "AWSPENDING"}}, "reading the secret"),
        ({"lag_seconds": -1}, "migrate_lag_seconds is -1.0: it must be at least 0"),
        ({"quiet_seconds": -1}, "migrate_quiet_seconds"),
        ({"collections_at_once": 0}, "migrate_collections_at_once is 0: it must be at least 1"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(capsys, done, changed, said):
    answer = run(capsys, **changed)
    assert answer["failed"]
    assert said in answer["msg"]
    assert done == []


@pytest.mark.parametrize("error", [DifferenceError(("a",)), StillWrittenError("source", {"a.b": 1})])
def test_a_playbook_can_tell_errors_apart(capsys, monkeypatch, error):
    def stage(*_, **__):
        raise error

    monkeypatch.setattr(wiring, "run", stage)
    answer = run(capsys)
    assert answer["error_kind"] == type(error).__name__
    assert answer["msg"] == str(error)


def test_no_form_of_a_password_is_said(capsys, monkeypatch, aws):
    aws.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"MONGO_URI": URI}))

    def stage(*_, **__):
        return Outcome(False, f"it said {' '.join(SHAPES)}", {"table": list(SHAPES)})

    monkeypatch.setattr(wiring, "run", stage)
    for target in ({"uri": URI}, {"uri": "mongodb://nothing/"}):
        with patch_module_args(GIVEN | {"target": target}), pytest.raises(SystemExit):
            mongodb_migrate.main()
        said = "".join(capsys.readouterr())
        assert not [shape for shape in SHAPES if shape in said or json.dumps(shape)[1:-1] in said]


def test_check_mode_is_passed_on(capsys, done):
    run(capsys, _ansible_check_mode=True)
    assert done[0][2] is True


def test_the_documentation_has_every_option_and_default():
    documented = yaml.safe_load(mongodb_migrate.DOCUMENTATION)["options"]
    assert documented.keys() == mongodb_migrate.OPTIONS.keys()
    assert documented["stage"]["choices"] == list(STAGES)
    for name, option in mongodb_migrate.OPTIONS.items():
        assert documented[name].get("default") == option.get("default"), name
        assert documented[name].get("required", False) == option.get("required", False), name
