"""Modules by their name in a fork, where the connection is warm; packed as Ansible packs them everywhere else."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from ansible_collections.calstack.aws.plugins.plugin_utils.warm_action import WarmAction
from conftest import CHECKOUT

ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
ROUTES = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text())["plugin_routing"]["modules"]
MODULES = sorted(path.stem for path in CHECKOUT.glob("plugins/modules/*.py"))

PLAYED = """
from __future__ import annotations
import os
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
module = AnsibleModule(
    {"password": {"type": "str", "no_log": True}, "fail": {"type": "bool"}, "crash": {"type": "bool"}},
    supports_check_mode=True,
)
if module.params["crash"]:
    raise ValueError("as played")
if module.params["fail"]:
    module.fail_json(msg="refused, as played")
packed = "payload" in _modlib_path  # Ansible tells a module where it was unpacked to
module.exit_json(
    changed=True, packed=packed, check=module.check_mode, word=os.environ.get("WORD"), said=module.params["password"]
)
"""


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_an_action_that_does_not_pack_it(name):
    action = ROUTES.get(name, {}).get("action_plugin", f"calstack.aws.{name}").removeprefix("calstack.aws.")
    plugin = import_module(f"ansible_collections.calstack.aws.plugins.action.{action}")
    assert issubclass(plugin.ActionModule, WarmAction)


def test_no_module_is_routed_that_is_not_there():
    assert ROUTES.keys() <= set(MODULES)


@pytest.fixture
def play(tmp_path):
    collection = tmp_path / "collections/ansible_collections/calstack/aws"
    (collection / "plugins/modules").mkdir(parents=True)
    (collection / "plugins/modules/vpc.py").write_text(PLAYED)
    for name in ("galaxy.yml", "meta"):
        (collection / name).symlink_to(CHECKOUT / name)
    for name in ("action", "connection", "module_utils", "plugin_utils"):
        (collection / "plugins" / name).symlink_to(CHECKOUT / "plugins" / name)
    (tmp_path / "ansible.cfg").write_text(
        "[defaults]\ncollections_path = collections\nstdout_callback = ansible.builtin.default\n"
    )

    def run(task: dict, *options: str) -> tuple[dict, str]:
        """The result of the task with this module, and all that was printed."""
        tasks = [
            {"calstack.aws.vpc": {}, "register": "done", "ignore_errors": True} | task,
            {"ansible.builtin.copy": {"content": "{{ done | to_json }}", "dest": str(tmp_path / "done.json")},
             "check_mode": False},
        ]  # fmt: skip
        playbook = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
        (tmp_path / "play.yml").write_text(json.dumps(playbook))
        python = f"ansible_python_interpreter={sys.executable}"
        done = subprocess.run(
            [ANSIBLE, "play.yml", "-i", "one,", "-c", "calstack.aws.warm", "-e", python, *options],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads((tmp_path / "done.json").read_text()), done.stdout + done.stderr

    return run


def test_where_the_connection_is_warm_nothing_is_packed(play):
    done, _ = play({"environment": {"WORD": "odd"}})
    assert (done["packed"], done["changed"], done["check"], done["word"]) == (False, True, False, "odd")


def test_check_mode_reaches_the_module(play):
    assert play({}, "--check")[0]["check"] is True


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ({}, ["-c", "local"]),
        ({}, ["-e", "ansible_pipelining=false"]),
        ({"async": 30, "poll": 1}, []),
    ],
    ids=["the local connection", "without pipelining", "asynchronous"],
)
def test_anything_else_is_packed(play, task, options):
    assert play(task, *options)[0]["packed"] is True


def test_a_refusal_is_the_modules_own(play):
    done, _ = play({"calstack.aws.vpc": {"fail": True}})
    assert (done["failed"], done["msg"]) == (True, "refused, as played")


def test_a_crash_is_told_as_ansible_tells_it(play):
    done, output = play({"calstack.aws.vpc": {"crash": True}})
    assert done["failed"] is True
    assert "ValueError" in output or "as played" in output


def test_what_is_secret_stays_hidden_at_any_verbosity(play):
    done, output = play({"calstack.aws.vpc": {"password": "{{ 'lab-' ~ 'hush-2231' }}"}}, "-vvvv")
    assert "lab-hush-2231" not in output
    assert done["said"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_an_ansible_without_what_this_rests_on_packs(play, tmp_path):
    collection = tmp_path / "collections/ansible_collections/calstack/aws"
    source = (CHECKOUT / "plugins/plugin_utils/warm_action.py").read_text()
    (collection / "plugins/plugin_utils").unlink()
    (collection / "plugins/plugin_utils").mkdir()
    changed = source.replace("_BuiltModule\n", "_OfAnotherAnsible\n")
    assert changed != source
    (collection / "plugins/plugin_utils/warm_action.py").write_text(changed)
    assert play({})[0]["packed"] is True
