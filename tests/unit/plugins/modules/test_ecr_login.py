"""The module as Ansible calls it, with an engine that notes what it is told."""

import base64
import json

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import ecr_login
from emulator import account
from module_answer import ANSIBLES_OWN

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def aws():
    with account() as made:
        yield made


@pytest.fixture
def engine(tmp_path):
    """What it was told is in `words` and `stdin` beside it. With `fails` beside it, it repeats all and fails."""
    path = tmp_path / "docker"
    path.write_text(
        f'#!/bin/sh\ncd {tmp_path}\necho "$@" >> words\necho "$AWS_ECR_IGNORE_CREDS_STORAGE" >> helper\n'
        '[ "$1" = logout ] || cat > stdin\n'
        "[ ! -e fails ] || { cat words stdin >&2; exit 1; }\n"
    )
    path.chmod(0o755)
    return path


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args({"registry": REGISTRY, **given}), pytest.raises(SystemExit):
        ecr_login.main()
    return json.loads(capsys.readouterr().out)


def password(aws):
    token = aws("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]


def test_what_is_documented_is_what_is_taken():
    documented = {
        name: {key: option[key] for key in ("type", "required", "default", "choices") if key in option}
        for name, option in yaml.safe_load(ecr_login.DOCUMENTATION)["options"].items()
    }
    assert documented == ecr_login.OPTIONS


def test_the_password_goes_in_by_standard_input_and_comes_out_nowhere(aws, capsys, engine):
    answer = call(capsys, engine=str(engine))
    secret = password(aws)
    assert (engine.parent / "words").read_text() == f"login --username AWS --password-stdin {REGISTRY}\n"
    assert (engine.parent / "stdin").read_text() == secret
    assert answer["changed"]
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(ecr_login.RETURN).keys()
    assert secret not in json.dumps(answer)


@pytest.mark.parametrize(
    ("program", "registry", "told"),
    [
        ("docker", "127.80.0.6:5000", False),
        ("skopeo", "127.80.0.6:5000", True),
        ("podman", "127.80.0.6:5000", True),
        ("skopeo", REGISTRY, False),
    ],
)
def test_only_on_this_machine_a_registry_may_do_without_tls(aws, capsys, engine, program, registry, told):
    call(capsys, engine=str(engine.rename(engine.with_name(program))), registry=registry)
    words = (engine.parent / "words").read_text()
    assert ("--tls-verify=false" in words) is told
    assert words.endswith(f" {registry}\n")


def test_an_engine_that_repeats_it_is_not_believed(aws, capsys, engine):
    (engine.parent / "fails").touch()
    answer = call(capsys, engine=str(engine))
    assert answer["failed"]
    assert answer["msg"].startswith(f"{engine} could not log in to {REGISTRY}: login --username")
    assert password(aws) not in json.dumps(answer)


def test_amazons_credential_helper_lets_both_pass(aws, capsys, engine):
    call(capsys, engine=str(engine))
    call(capsys, engine=str(engine), state="absent")
    assert (engine.parent / "helper").read_text() == "true\ntrue\n"


def test_a_helper_that_refuses_is_explained(aws, capsys, engine):
    engine.write_text(
        "#!/bin/sh\ncat > /dev/null\n"
        "echo 'Error saving credentials: error storing credentials: not implemented' >&2; exit 1\n"
    )
    answer = call(capsys, engine=str(engine))
    assert "error storing credentials: not implemented. A credential helper that keeps no logins" in answer["msg"]
    assert "amazon-ecr-credential-helper to 0.9.0 or newer" in answer["msg"]


def test_logging_out_asks_for_no_password(aws, capsys, engine):
    assert call(capsys, engine=str(engine), state="absent")["changed"]
    assert (engine.parent / "words").read_text() == f"logout {REGISTRY}\n"
    assert "GetAuthorizationToken" not in aws.calls


def test_check_mode_calls_nobody(aws, capsys, engine):
    assert not call(capsys, engine=str(engine), _ansible_check_mode=True)["changed"]
    assert list(engine.parent.iterdir()) == [engine]
