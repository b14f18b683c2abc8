"""No value shows: the role runs through ansible-playbook, as loud as it gets, and everything it says is searched."""

import base64
import json
import os
import subprocess
import threading
from pathlib import Path
from urllib.parse import quote, quote_plus

import boto3
import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.modules import app_secret
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from conftest import CHECKOUT
from emulator import account
from module_answer import ANSIBLES_OWN
from moto.server import ThreadedMotoServer

SENDGRID = "SG.x/é+Tq8 3=="
MICROSOFT = 'ms"secret\\with$quotes'
FLASK = "flask+session/key=" * 2
GOOGLE_LEAF = "GOCSPX-leaf/93ab+7"
GOOGLE = json.dumps({"web": {"client_secret": GOOGLE_LEAF}}, indent=2)
PASSWORD = "p@ss/w:rd+51"
MONGO_URI = f"mongodb://calstack:{quote(PASSWORD, safe='')}@127.0.0.1:27017/"
CHANGED = "another+ms/secret 2"
STALE = "stale+ms/secret of another environment"
BROKEN = '{"web": "not closed 4471/+'
SECRETS = [SENDGRID, MICROSOFT, FLASK, GOOGLE, GOOGLE_LEAF, PASSWORD, MONGO_URI, CHANGED, STALE, BROKEN]

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    app_name: calstack
    env_name: dev
    stack_name: calstack-dev
    secrets_app:
      FLASK_SECRET_KEY: {generate: 48}
      GENERATED_KEY: {generate: 32}
      SENDGRID_API_KEY: {}
      MS_CLIENT_SECRET: {}
      GOOGLE_CLIENT_SECRET_JSON: {}
    given: {MS_CLIENT_SECRET: "{{ lookup('ansible.builtin.env', 'TEST_MICROSOFT') }}"}
  tasks:
    - include_role: {name: calstack.aws.secrets}
      vars: {secrets_values: "{{ given }}"}
    - assert: {that: secrets_changed}
    - include_role: {name: calstack.aws.secrets}
      vars: {secrets_values: {MS_CLIENT_SECRET: "{{ lookup('ansible.builtin.env', 'TEST_CHANGED') }}"}}
    - assert: {that: secrets_changed}
    - include_role: {name: calstack.aws.secrets}
    - assert: {that: not secrets_changed}
    - block:
        - include_role: {name: calstack.aws.secrets}
          vars: {secrets_values: {GOOGLE_CLIENT_SECRET_JSON: "{{ lookup('ansible.builtin.env', 'TEST_BROKEN') }}"}}
      rescue: [{assert: {that: "'GOOGLE_CLIENT_SECRET_JSON is not a JSON object' in ansible_failed_result.msg"}}]
    - block:
        - include_role: {name: calstack.aws.secrets}
          vars: {secrets_mongo_uri: "{{ lookup('ansible.builtin.env', 'TEST_MICROSOFT') }}"}
      rescue: [{assert: {that: "'MONGO_URI is no MongoDB connection string' in ansible_failed_result.msg"}}]
    - block:
        - include_role: {name: calstack.aws.secrets}
          vars: {secrets_values: ["{{ lookup('ansible.builtin.env', 'TEST_MICROSOFT') }}"]}
      rescue: [{assert: {that: "'secrets_values' in (ansible_failed_result | string)"}}]
    - copy:
        dest: "{{ lookup('ansible.builtin.env', 'TEST_FACTS') }}"
        content: "{{ hostvars[inventory_hostname].secrets_arns | to_json }}"
"""


def shapes(text: str) -> set[str]:
    encoded = text.encode()
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(text, safe=""),
        quote(text),
        quote_plus(text),
        base64.b64encode(encoded).decode(),
        base64.urlsafe_b64encode(encoded).decode(),
    }


class Processes:
    """The command lines of all processes seen while it is watched."""

    def __enter__(self):
        self.seen, self._over = set(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def run(endpoint, tmp_path_factory):
    home = tmp_path_factory.mktemp("play")
    (home / "play.yml").write_text(PLAYBOOK)
    environment = os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "ANSIBLE_INJECT_INVOCATION": "true",
        "ANSIBLE_LOCAL_TEMP": str(home / "local"),
        "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
        "ANSIBLE_LOG_PATH": str(home / "log"),
        "FLASK_SECRET_KEY": FLASK,
        "SENDGRID_API_KEY": SENDGRID,
        "GOOGLE_CLIENT_SECRET_JSON": GOOGLE,
        "MONGO_URI": MONGO_URI,
        "MS_CLIENT_SECRET": STALE,
        "TEST_MICROSOFT": MICROSOFT,
        "TEST_CHANGED": CHANGED,
        "TEST_BROKEN": BROKEN,
        "TEST_FACTS": str(home / "facts"),
    }
    command = [str(CHECKOUT / ".venv/bin/ansible-playbook"), "-vvv", "--diff", str(home / "play.yml")]
    with Processes() as processes:
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr + (home / "log").read_text()
    assert done.returncode == 0, said
    facts = json.loads((home / "facts").read_text())
    return {"said": said, "facts": facts, "processes": processes.seen}


def held(endpoint):
    manager = boto3.client("secretsmanager", endpoint_url=endpoint)
    return json.loads(manager.get_secret_value(SecretId="calstack/dev/app")["SecretString"])


def test_the_values_arrive_whole(run, endpoint):
    value = held(endpoint)
    assert len(value.pop("GENERATED_KEY")) == 32
    assert value == {
        "FLASK_SECRET_KEY": FLASK,
        "SENDGRID_API_KEY": SENDGRID,
        "MS_CLIENT_SECRET": CHANGED,
        "GOOGLE_CLIENT_SECRET_JSON": GOOGLE,
    }


@pytest.mark.parametrize("number", range(len(SECRETS)))
def test_no_shape_of_a_value_is_said(run, number):
    assert not [shape for shape in shapes(SECRETS[number]) if shape in run["said"]]


def test_what_was_generated_is_not_said(run, endpoint):
    assert held(endpoint)["GENERATED_KEY"] not in run["said"]


def test_no_process_has_a_value_on_its_command_line(run):
    assert any("ansible-playbook" in line for line in run["processes"])
    assert not [line for line in run["processes"] if any(value in line for value in SECRETS)]


def test_what_is_published_is_whole(run):
    assert run["facts"].keys() == {"app", "database"}
    assert all(arn.startswith("arn:aws:secretsmanager:eu-west-1:123456789012:secret:") for arn in run["facts"].values())


def test_the_diff_names_what_changes(run):
    assert "variables.MS_CLIENT_SECRET: (another value) -> (set)" in run["said"]
    assert "variables.GENERATED_KEY: (generated)" in run["said"]


# Warnings are kept per process: here those of other tests may be among them.
DESCRIBED = [{"id": "app", "name": "calstack/dev/app", "variables": {"SENDGRID_API_KEY": {}}}]
BASE = {"environment_name": "dev", "stack_name": "calstack-dev", "secrets": DESCRIBED}


@pytest.fixture
def aws():
    with account() as made:
        yield made


def call(capsys, **given):
    """The module's answer, as it prints it."""
    with patch_module_args(BASE | given), pytest.raises(SystemExit):
        app_secret.main()
    return json.loads(capsys.readouterr().out)


def documented(option):
    """An option's documentation in the words of an argument spec."""
    spec = {key: option[key] for key in ("type", "elements", "default", "required") if key in option}
    if "suboptions" in option:
        spec["options"] = {name: documented(sub) for name, sub in option["suboptions"].items()}
    return spec


def test_what_is_documented_is_what_is_taken():
    options = yaml.safe_load(app_secret.DOCUMENTATION)["options"]
    taken = {name: {key: spec[key] for key in spec if key != "no_log"} for name, spec in app_secret.OPTIONS.items()}
    assert {name: documented(option) for name, option in options.items()} == taken


def test_every_key_it_returns_is_documented(aws, capsys):
    answer = call(capsys, values={"SENDGRID_API_KEY": SENDGRID})
    assert answer.keys() - ANSIBLES_OWN == yaml.safe_load(app_secret.RETURN).keys()
    assert answer["changed_variables"] == {"app": ["SENDGRID_API_KEY"]}
    again = call(capsys)
    assert not again["changed"]
    assert again["version_ids"] == answer["version_ids"]


@pytest.mark.parametrize("value", ["x", "123456", "dev", "calstack-dev", "secret", SENDGRID])
def test_a_value_neither_shows_nor_spoils_what_is_returned(aws, capsys, value):
    answer = call(capsys, values={"SENDGRID_API_KEY": value}, _ansible_inject_invocation=True)
    assert answer["secrets_arns"]["app"].startswith(
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:calstack/dev/app-"
    )
    assert answer["invocation"]["module_args"]["values"] == {}
    assert "********" not in json.dumps(answer["diff"])


@pytest.mark.parametrize("operation", ["CreateSecret", "PutSecretValue"])
def test_an_error_that_quotes_the_request_shows_no_value(aws, capsys, monkeypatch, operation):
    made = [{**DESCRIBED[0], "variables": {"FLASK_SECRET_KEY": {"generate": 48}, "OTHER_KEY": {"generate": 48}}}]
    quoted = []
    if operation == "PutSecretValue":
        call(capsys, secrets=made[:1])
        manager = aws("secretsmanager")
        keys = json.loads(manager.get_secret_value(SecretId="calstack/dev/app")["SecretString"])
        del keys["OTHER_KEY"]
        manager.put_secret_value(SecretId="calstack/dev/app", SecretString=json.dumps(keys))
    real = BaseClient._make_api_call

    def refuse(client, name, request):
        if name != operation:
            return real(client, name, request)
        text = request["SecretString"]
        quoted.extend(json.loads(text).values())
        words = f"not valid: {request} {quote(text, safe='')} {base64.b64encode(quoted[0].encode()).decode()}"
        raise ClientError({"Error": {"Code": "ValidationException", "Message": words}}, name)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    answer = json.dumps(call(capsys, secrets=made))
    assert "not valid" in answer
    assert len(quoted) == 2
    assert not [shape for value in quoted for shape in shapes(value) if shape in answer]


@pytest.mark.parametrize("value", ["calstack-dev", "eu-west-1", "secretsmanager", "123456789012"])
def test_a_stored_value_does_not_spoil_what_is_returned(aws, capsys, value):
    first = call(capsys, values={"SENDGRID_API_KEY": value})
    assert call(capsys)["secrets_arns"]["app"].endswith(first["secrets_arns"]["app"][-6:])
    assert ":secret:calstack/dev/app-" in call(capsys)["secrets_arns"]["app"]
    assert "arn:aws:secretsmanager:eu-west-1:123456789012:" in call(capsys)["secrets_arns"]["app"]


def test_a_recovery_time_aws_would_refuse_is_one_message(aws, capsys):
    assert "secrets_recovery_days is 5" in call(capsys, recovery_days=5)["msg"]


def test_what_is_kept_out_is_a_warning_with_names_only(aws, capsys):
    made = [{**DESCRIBED[0], "variables": {"FLASK_SECRET_KEY": {"generate": 48}}}]
    call(capsys, secrets=made)
    answer = call(capsys, secrets=made, values={"FLASK_SECRET_KEY": FLASK})
    text = json.dumps(answer.get("warnings"))
    assert "FLASK_SECRET_KEY is given" in text
    assert FLASK not in text
