"""What the role ecs tells docker/entrypoint.py, rendered from its defaults; the module itself is not played."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import CHECKOUT

GIVEN = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "env_name": "dev",
    "stack_name": "calstack-dev",
    "app_image": "",
    "app_environment": {},
    "app_port": 5000,
    "app_secrets": {"SENDGRID_API_KEY": {}, "FLASK_SECRET_KEY": {"generate": 48}},
    # What `tell` asks for; it says nothing then.
    "ecs_waiting_for_image": False,
    "ecs_task_definition_arns": {},
    "ecs_running_task_definition_arns": {},
}
PLAIN = {
    "BIND": "0.0.0.0:5000",
    "KEEP_ALIVE": 75,
    "GRACEFUL_TIMEOUT": 25,
    "REQUIRED_VARIABLES": "FLASK_SECRET_KEY MONGO_URI SENDGRID_API_KEY",
}
CASES = {
    "plain": ({}, PLAIN),
    "port": ({"app_port": 8080}, PLAIN | {"BIND": "0.0.0.0:8080"}),
    "tls": ({"app_tls": True}, PLAIN | {"APP_TLS": "1"}),
    "idle": ({"alb_idle_timeout": 120}, PLAIN | {"KEEP_ALIVE": 135}),
    "slow": ({"ecs_stop_timeout": 120}, PLAIN | {"GRACEFUL_TIMEOUT": 110}),
    "quick": ({"ecs_stop_timeout": 2}, PLAIN | {"GRACEFUL_TIMEOUT": 1}),
    "open": (
        {"app_secrets": {}, "ecs_database_variables": []},
        {name: value for name, value in PLAIN.items() if name != "REQUIRED_VARIABLES"},
    ),
}


def rendered(folder, hosts):
    """By host: ecs_entrypoint_environment, as the role's own tasks see it."""
    inventory = folder / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": GIVEN}}))
    role = {"name": "calstack.aws.ecs", "tasks_from": "tell", "public": True}
    note = {"dest": f"{folder}/{{{{ inventory_hostname }}}}", "content": "{{ ecs_entrypoint_environment | to_json }}"}
    tasks = [{"ansible.builtin.include_role": role}, {"ansible.builtin.copy": note}]
    book = folder / "play.yml"
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", str(inventory), str(book)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {host: json.loads((folder / host).read_text()) for host in hosts}


@pytest.fixture(scope="module")
def environments(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("cases"), {case: given for case, (given, _) in CASES.items()})


@pytest.mark.parametrize("case", CASES)
def test_the_entry_point_is_told_of_the_other_settings(environments, case):
    assert environments[case] == CASES[case][1]


def test_the_balancers_time_may_be_its_own_hosts(tmp_path):
    assert rendered(tmp_path, {"ecs": {}, "alb": {"alb_idle_timeout": 90}})["ecs"]["KEEP_ALIVE"] == 105


def test_without_one_the_balancers_default_counts():
    defaults = yaml.safe_load((CHECKOUT / "roles/alb/defaults/main.yml").read_text())
    assert PLAIN["KEEP_ALIVE"] == defaults["alb_idle_timeout"] + 15


def test_what_people_give_has_the_last_word():
    tasks = yaml.safe_load((CHECKOUT / "roles/ecs/tasks/main.yml").read_text())
    (given,) = [task["calstack.aws.ecs"]["environment"] for task in tasks if "calstack.aws.ecs" in task]
    assert "ecs_entrypoint_environment | combine(ecs_environment)" in given
