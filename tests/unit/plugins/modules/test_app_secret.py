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
from conftest import CHECKOUT
from moto.server import ThreadedMotoServer

SENDGRID = "SG.x/é+Tq8 3=="
MICROSOFT = 'ms"secret\\with$quotes'
FLASK = "flask+session/key=" * 2
GOOGLE_LEAF = "GOCSPX-leaf/93ab+7"
GOOGLE = json.dumps({"web": {"client_secret": GOOGLE_LEAF}}, indent=2)
PASSWORD = "p@ss/w:rd+51"
MONGO_URI = f"mongodb://calstack:{quote(PASSWORD, safe='')}@127.0.0.1:27017/"
CHANGED = "another+ms/secret 2"
BROKEN = '{"web": "not closed 4471/+'
SECRETS = [SENDGRID, MICROSOFT, FLASK, GOOGLE, GOOGLE_LEAF, PASSWORD, MONGO_URI, CHANGED, BROKEN]

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
    - assert: {that: component_changed}
    - include_role: {name: calstack.aws.secrets}
      vars: {secrets_values: {MS_CLIENT_SECRET: "{{ lookup('ansible.builtin.env', 'TEST_CHANGED') }}"}}
    - assert: {that: component_changed}
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
        "ANSIBLE_LOCAL_TEMP": str(home / "local"),
        "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
        "ANSIBLE_LOG_PATH": str(home / "log"),
        "FLASK_SECRET_KEY": FLASK,
        "SENDGRID_API_KEY": SENDGRID,
        "GOOGLE_CLIENT_SECRET_JSON": GOOGLE,
        "MONGO_URI": MONGO_URI,
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
