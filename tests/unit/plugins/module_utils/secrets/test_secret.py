"""The secrets against an emulated Secrets Manager."""

import json
from dataclasses import asdict, replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.converge import converge
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError, ForeignError, InputError
from ansible_collections.calstack.aws.plugins.module_utils._core.kind import Scope
from ansible_collections.calstack.aws.plugins.module_utils._core.show import show
from ansible_collections.calstack.aws.plugins.module_utils._secrets import model
from ansible_collections.calstack.aws.plugins.module_utils._secrets.secret import Given, Ledger, Secret, generate
from emulator import account

APP = "calstack/dev/app"
DATABASE = "calstack/dev/database"
VALUES = {"SENDGRID_API_KEY": "sg-0123456789", "MONGO_URI": "mongodb://u:p@db.example.com/"}


@pytest.fixture
def aws():
    with account() as made:
        yield made


class Run:
    """One run of the module, without Ansible."""

    def __init__(
        self,
        aws,
        values=VALUES,
        *,
        environment="dev",
        app="calstack",
        check=False,
        state="present",
        fallbacks=None,
        **given,
    ):
        self.scope = Scope(environment, "secrets", f"{app}-{environment}")
        self.params = {"secrets": secrets(environment, app), "kms_key_id": given.get("kms_key_id", ""), **given}
        asked = Given(model.secrets(self.params), values, given.get("recovery_days", 30), self.params["kms_key_id"])
        asked = replace(asked, fallbacks=fallbacks or {}, hide=self.hide)
        self.hidden = []
        self.ledger = Ledger()
        self.wanted = model.wanted(self.params, self.scope, asked.names) if state == "present" else []
        kind = Secret(aws, self.scope, asked, self.ledger)
        self.result = converge([kind], self.wanted, check=check)
        self.actions = [f"{change.action} {change.name}" for change in self.result.changes]
        self.text = show(self.result.changes)

    def hide(self, values, _public):
        self.hidden.extend(values)


def secrets(environment="dev", app="calstack"):
    variables = {"FLASK_SECRET_KEY": {"generate": 48}, "SENDGRID_API_KEY": {}}
    return [
        {"id": "app", "name": f"{app}/{environment}/app", "variables": variables},
        {"id": "database", "name": f"{app}/{environment}/database", "variables": {"MONGO_URI": {}}},
    ]


def stored(aws, name=APP):
    return json.loads(aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


def versions(aws, name=APP):
    return aws("secretsmanager").list_secret_version_ids(SecretId=name)["Versions"]


def put(aws, name=APP, **value):
    aws("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(value))


def test_all_is_made_once_and_kept_by_a_run_without_values(aws):
    made = Run(aws)
    assert made.actions == [f"create {APP}", f"create {DATABASE}"]
    assert made.ledger.changed == {"app": ["FLASK_SECRET_KEY", "SENDGRID_API_KEY"], "database": ["MONGO_URI"]}
    before = stored(aws)
    assert len(before["FLASK_SECRET_KEY"]) == 48
    aws.calls.clear()
    for values in (VALUES, {}):
        assert not Run(aws, values).result.changes
    assert not aws.writes
    assert stored(aws) == before
    assert len(versions(aws)) == 1


def test_a_first_check_writes_nothing_and_shows_no_value(aws):
    run = Run(aws, check=True)
    assert "variables.FLASK_SECRET_KEY: (generated)" in run.text
    assert "variables.SENDGRID_API_KEY: (set)" in run.text
    assert not aws.writes
    assert not any(value in run.text for value in VALUES.values())


def test_all_that_is_missing_is_named_at_once_and_nothing_is_changed(aws):
    with pytest.raises(
        InputError, match=r"SENDGRID_API_KEY \(for calstack/dev/app\); MONGO_URI \(for calstack/dev/data"
    ):
        Run(aws, {})
    assert not aws.writes


def test_a_wrong_value_of_the_second_secret_is_said_before_the_first_is_made(aws):
    with pytest.raises(InputError, match="MONGO_URI"):
        Run(aws, {**VALUES, "MONGO_URI": "postgres://"})
    assert not aws.writes


def test_another_value_is_one_new_version_in_which_other_keys_stay(aws):
    Run(aws)
    put(aws, **stored(aws), EXTRA="mine")
    key = stored(aws)["FLASK_SECRET_KEY"]
    run = Run(aws, {**VALUES, "SENDGRID_API_KEY": "sg-new-0123456"}, check=True)
    assert run.text == f"~ secret {APP}\n    variables.SENDGRID_API_KEY: (another value) -> (set)\n"
    run = Run(aws, {**VALUES, "SENDGRID_API_KEY": "sg-new-0123456"})
    assert run.ledger.changed == {"app": ["SENDGRID_API_KEY"]}
    assert stored(aws) == {"FLASK_SECRET_KEY": key, "SENDGRID_API_KEY": "sg-new-0123456", "EXTRA": "mine"}
    assert len(versions(aws)) == 3


def test_a_fallback_is_stored_where_nothing_is_and_replaces_nothing(aws):
    shell = {"SENDGRID_API_KEY": "sg-shell-012345", "MONGO_URI": VALUES["MONGO_URI"], "FLASK_SECRET_KEY": "s" * 40}
    Run(aws, {}, fallbacks=shell)
    assert stored(aws) == {"SENDGRID_API_KEY": "sg-shell-012345", "FLASK_SECRET_KEY": "s" * 40}
    stale = {name: f"mongodb://stale/{name}{'x' * 32}" for name in shell}
    aws.calls.clear()
    run = Run(aws, {}, fallbacks=stale)
    assert not run.result.changes
    assert not run.ledger.notes
    assert not aws.writes
    run = Run(aws, {"SENDGRID_API_KEY": "sg-given-012345"}, fallbacks=stale)
    assert run.ledger.changed == {"app": ["SENDGRID_API_KEY"]}
    assert stored(aws) == {"SENDGRID_API_KEY": "sg-given-012345", "FLASK_SECRET_KEY": "s" * 40}
    assert stored(aws, DATABASE) == {"MONGO_URI": VALUES["MONGO_URI"]}


def test_a_given_session_key_counts_at_first_and_never_again(aws):
    first, second = "f" * 40, "s" * 40
    Run(aws, {**VALUES, "FLASK_SECRET_KEY": first})
    run = Run(aws, {**VALUES, "FLASK_SECRET_KEY": second})
    assert not run.result.changes
    assert "FLASK_SECRET_KEY is given" in run.ledger.notes[0]
    assert second not in run.ledger.notes[0]
    assert stored(aws)["FLASK_SECRET_KEY"] == first


def test_a_key_taken_out_is_made_anew(aws):
    Run(aws)
    old = stored(aws)
    put(aws, SENDGRID_API_KEY="sg-0123456789")
    assert "variables.FLASK_SECRET_KEY: (none) -> (generated)" in Run(aws).text
    assert stored(aws)["FLASK_SECRET_KEY"] != old["FLASK_SECRET_KEY"]


def test_the_labs_database_is_not_stored_in_an_account_and_one_left_in_the_shell_is_no_harm(aws):
    here = {"MONGO_URI": "mongodb://u:p@127.0.0.1/"}
    with pytest.raises(InputError, match="a database on this machine"):
        Run(aws, {"SENDGRID_API_KEY": "sg-0123456789"}, fallbacks=here)
    assert not aws.writes
    Run(aws)
    assert not Run(aws, {}, fallbacks=here).result.changes


def test_what_is_made_or_read_is_hidden(aws):
    made = Run(aws)
    assert stored(aws)["FLASK_SECRET_KEY"] in made.hidden
    assert {*stored(aws).values(), *stored(aws, DATABASE).values()} <= set(Run(aws, {}).hidden)


@pytest.mark.parametrize("call", ["describe_secret", "get_secret_value"])
@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "DecryptionFailure", "InternalServiceError", "ThrottlingException"]
)
def test_a_failing_read_never_makes_a_key_anew(aws, call, code):
    Run(aws)
    manager = aws("secretsmanager")
    error = manager.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, call)
    aws.calls.clear()

    def fail(**_):
        raise error

    real = getattr(manager, call)
    setattr(manager, call, fail)
    with pytest.raises(CalstackError, match=code):
        Run(aws)
    setattr(manager, call, real)
    assert not aws.writes


def test_a_value_that_should_be_there_and_cannot_be_found_is_an_error(aws):
    Run(aws)
    manager = aws("secretsmanager")
    error = manager.exceptions.ResourceNotFoundException({"Error": {"Code": "ResourceNotFoundException"}}, "get")
    manager.get_secret_value = lambda **_: (_ for _ in ()).throw(error)
    aws.calls.clear()
    with pytest.raises(CalstackError, match="ResourceNotFoundException"):
        Run(aws)
    assert not aws.writes


def test_versions_of_which_none_is_current_are_an_error(aws, monkeypatch):
    Run(aws)
    manager = aws("secretsmanager")
    real = manager.describe_secret
    monkeypatch.setattr(
        manager, "describe_secret", lambda **q: real(**q) | {"VersionIdsToStages": {"v": ["AWSPREVIOUS"]}}
    )
    aws.calls.clear()
    with pytest.raises(CalstackError, match="no version of the secret calstack/dev/app is current"):
        Run(aws)
    assert not aws.writes


@pytest.mark.parametrize("text", ["not JSON", "[]"])
def test_a_secret_that_holds_something_else_is_an_error(aws, text):
    Run(aws)
    aws("secretsmanager").put_secret_value(SecretId=APP, SecretString=text)
    aws.calls.clear()
    with pytest.raises(InputError, match=APP):
        Run(aws)
    assert not aws.writes


def test_a_secret_made_by_a_killed_run_without_a_value_gets_one(aws):
    scope = Scope("dev", "secrets", "calstack-dev")
    tags = [{"Key": key, "Value": value} for key, value in scope.tags(APP).items()]
    aws("secretsmanager").create_secret(Name=APP, Tags=tags)
    assert f"update {APP}" in Run(aws).actions
    assert stored(aws)["SENDGRID_API_KEY"] == "sg-0123456789"
    assert not Run(aws).result.changes


def test_what_hangs_on_a_secret_is_put_back_without_a_new_version(aws):
    Run(aws)
    manager = aws("secretsmanager")
    manager.untag_resource(SecretId=APP, TagKeys=["calstack:component"])
    manager.update_secret(SecretId=APP, Description="drifted", KmsKeyId="alias/drifted")
    assert set(Run(aws, check=True).result.changes[0].after) == {"tags", "description", "kms_key"}
    Run(aws)
    assert not Run(aws).result.changes
    assert len(versions(aws)) == 1


def test_a_key_of_your_own_is_used_as_you_name_it(aws):
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    Run(aws, kms_key_id=arn)
    assert aws("secretsmanager").describe_secret(SecretId=APP)["KmsKeyId"] == arn
    assert not Run(aws, kms_key_id=arn).result.changes


def test_a_deleted_secret_is_restored_with_its_values(aws):
    Run(aws)
    key = stored(aws)["FLASK_SECRET_KEY"]
    Run(aws, state="absent")
    aws.calls.clear()
    run = Run(aws, {}, check=True)
    assert "variables.FLASK_SECRET_KEY: (unknown until restored) -> (generated)" in run.text
    assert not aws.writes
    run = Run(aws, {})
    assert "it is back" in run.ledger.notes[0]
    assert len(versions(aws)) == 1
    assert stored(aws)["FLASK_SECRET_KEY"] == key
    assert not Run(aws).result.changes


def test_absent_takes_this_environments_and_leaves_the_others(aws):
    Run(aws)
    Run(aws, environment="prod")
    aws("secretsmanager").create_secret(Name="calstack/dev/mine", SecretString="{}")
    aws.calls.clear()
    assert len(Run(aws, state="absent", check=True).actions) == 2
    assert not aws.writes
    assert Run(aws, state="absent", recovery_days=7).actions == [f"delete {DATABASE}", f"delete {APP}"]
    names = {secret["Name"] for secret in aws("secretsmanager").list_secrets()["SecretList"]}
    assert names == {"calstack/prod/app", "calstack/prod/database", "calstack/dev/mine"}
    assert not Run(aws, state="absent").result.changes


def test_another_application_of_the_same_environment_name_is_neither_seen_nor_deleted(aws):
    Run(aws, app="other")
    Run(aws)
    assert Run(aws, state="absent").actions == [f"delete {DATABASE}", f"delete {APP}"]
    names = {secret["Name"] for secret in aws("secretsmanager").list_secrets()["SecretList"]}
    assert names == {"other/dev/app", "other/dev/database"}


def test_absent_without_recovery_ends_what_waits_to_be_deleted_too(aws):
    Run(aws)
    Run(aws, state="absent", recovery_days=30)
    Run(aws, state="absent", recovery_days=0)
    every = aws("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert not every
    Run(aws)
    assert stored(aws)


def test_a_secret_of_that_name_without_our_tag_is_refused_and_never_deleted(aws):
    aws("secretsmanager").create_secret(Name=APP, SecretString='{"SENDGRID_API_KEY": "theirs-01234"}')
    aws.calls.clear()
    with pytest.raises(ForeignError):
        Run(aws)
    assert not Run(aws, state="absent").result.changes
    assert not aws.writes


def test_what_another_component_writes_is_left_alone(aws):
    tags = Scope("dev", "atlas", "calstack-dev").tags(DATABASE)
    manager = aws("secretsmanager")
    manager.create_secret(
        Name=DATABASE,
        SecretString='{"MONGO_URI": "mongodb+srv://atlas/"}',
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    run = Run(aws)
    assert run.actions == [f"create {APP}"]
    assert "the component atlas writes" in run.ledger.notes[0]
    assert stored(aws, DATABASE) == {"MONGO_URI": "mongodb+srv://atlas/"}
    assert Run(aws, state="absent").actions == [f"delete {APP}"]


def test_a_name_that_is_not_quite_free_yet_is_waited_for(aws, monkeypatch):
    manager = aws("secretsmanager")
    real, refusals = manager.create_secret, []
    words = "You can't create this secret because a secret with this name is already scheduled for deletion."
    error = manager.exceptions.InvalidRequestException(
        {"Error": {"Code": "InvalidRequestException", "Message": words}}, "CreateSecret"
    )

    def create(**request):
        if not refusals:
            refusals.append(request)
            raise error
        return real(**request)

    monkeypatch.setattr(manager, "create_secret", create)
    assert len(Run(aws).actions) == 2


def test_generated_values_differ_and_have_their_length():
    made = {generate(48) for _ in range(100)}
    assert len(made) == 100
    assert {len(value) for value in made} == {48}


def test_values_never_show_in_a_repr():
    asked = Given([], {"A": "hunter2-hunter2"}, 30)
    assert "hunter2" not in repr(asked)
    assert asdict(asked)["values"]
