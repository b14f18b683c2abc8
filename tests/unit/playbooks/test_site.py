"""site.yml with played components: who is planned and applied in which order, and how many tasks that takes."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from conftest import CHECKOUT

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
COMPONENTS = ["vpc", "ecr", "secrets", "atlas", "dns", "alb", "ecs", "release", "monitoring", "delivery"]
WAVES = [
    {"vpc", "ecr", "secrets", "dns start"},
    {"alb", "atlas"},
    {"ecs", "dns"},
    {"release", "monitoring", "delivery"},
]

# Counts what a worker was forked for: that is what a task costs.
COUNTER = """
from pathlib import Path
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "counter"

    def v2_runner_on_start(self, host, task):
        with Path("workers").open("a") as file:
            file.write(f"{host} {task}\\n")
"""


def component(name: str, fact: str, entry: str = "") -> list[dict]:
    """Tasks that say that they ran, touch a file (in check mode they do not), and publish whether there is work."""
    said = f"{name} {entry}".strip()
    verb = "{{ 'plans' if waves_only_plan | bool else 'applies' }}"
    return [
        {"ansible.builtin.debug": {"msg": f"{verb}: {said}."}},
        {"ansible.builtin.file": {"path": f"{{{{ inventory_dir }}}}/touched {said}", "state": "touch"}},
        {"ansible.builtin.fail": {"msg": "as played"}, "when": f"'{name}' in failing"},
        {"ansible.builtin.set_fact": {fact: f"{{{{ '{name}' in changing }}}}"}},
    ]


@dataclass
class Run:
    code: int
    output: str
    folder: Path

    @property
    def planned(self) -> list[str]:
        return re.findall(r"plans: ([a-z ]+)\.", self.output)

    @property
    def applied(self) -> list[str]:
        return re.findall(r"applies: ([a-z ]+)\.", self.output)

    @property
    def touched(self) -> set[str]:
        return {path.name.removeprefix("touched ") for path in self.folder.glob("touched *")}

    @property
    def workers(self) -> list[str]:
        return (self.folder / "workers").read_text().splitlines()


@pytest.fixture
def site(tmp_path):
    collection = tmp_path / "collections/ansible_collections/calstack/aws"
    for name, tasks in {
        **{name: {"main": component(name, f"{name}_changed")} for name in COMPONENTS},
        "preflight": {"main": []},
    }.items():
        if name == "dns":
            tasks["start"] = component(name, "dns_start_changed", "start")
        if name == "atlas":
            tasks |= {"start": component(name, "atlas_begun", "start"), "check": []}
        if name == "ecs":
            tasks["tell"] = []
        folder = collection / "roles" / name / "tasks"
        folder.mkdir(parents=True)
        for entry, content in tasks.items():
            (folder / f"{entry}.yml").write_text(yaml.safe_dump(content))
    for name in ("galaxy.yml", "meta", "playbooks", "plugins"):
        (collection / name).symlink_to(CHECKOUT / name)
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks/counter.py").write_text(COUNTER)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = collections:{CHECKOUT / 'collections'}\ncallback_plugins = callbacks\n"
    )
    (tmp_path / "hosts").write_text("\n".join(COMPONENTS) + "\n")

    def run(*options: str, changing: str = "", failing: str = "") -> Run:
        (tmp_path / "workers").write_text("")
        command = [PLAYBOOK, "calstack.aws.site", "-i", "hosts", "-c", "local", *options]
        given = {
            "changing": changing,
            "failing": failing,
            "ansible_python_interpreter": sys.executable,
            "aws_region": "r",
        }
        command += [f"-e{name}={value}" for name, value in given.items()]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return Run(done.returncode, done.stdout + done.stderr, tmp_path)

    return run


def in_waves(said: list[str]) -> list[set[str]]:
    """`said`, cut at the lengths of the waves."""
    rest = list(said)
    return [{rest.pop(0) for _ in wave} for wave in WAVES]


def test_nothing_to_do_is_planned_wave_by_wave_and_costs_not_one_task_more(site):
    run = site()
    assert run.code == 0, run.output
    assert in_waves(run.planned) == WAVES
    assert (run.applied, run.touched) == ([], set())
    included = sum(len(wave) for wave in WAVES)
    # A component's own four tasks and the one that takes it in; besides those preflight, the question to the database
    # and what is next.
    assert len(run.workers) == 5 * included + 3, run.workers


def test_only_what_the_plan_has_found_is_applied_after_all_is_planned(site):
    run = site(changing="ecs")
    assert run.code == 0, run.output
    assert in_waves(run.planned) == WAVES
    assert (run.applied, run.touched) == (["ecs"], {"ecs"})
    assert run.output.index("plans: delivery.") < run.output.index("applies: ecs.")


def test_the_edge_and_the_database_are_begun_with_the_network(site):
    run = site(changing="dns,atlas")
    assert run.code == 0, run.output
    assert set(run.applied[:2]) == {"dns start", "atlas start"}
    assert run.applied[2:] == ["atlas", "dns"]


def test_check_applies_nothing(site):
    run = site("--check", changing=",".join(COMPONENTS))
    assert run.code == 0, run.output
    assert in_waves(run.planned) == WAVES
    assert (run.applied, run.touched) == ([], set())


def test_a_component_that_cannot_be_planned_ends_the_run_after_its_wave(site):
    run = site(changing="ecr", failing="vpc")
    assert run.code != 0
    assert set(run.planned) == WAVES[0]
    assert run.applied == []
    assert "vpc could not be planned, so nothing has been changed" in " ".join(run.output.split())


def test_a_component_that_cannot_be_applied_lets_the_others_of_its_wave_finish(site):
    # In the plan all succeed: it fails only where it changes something.
    applying = "{{ '' if waves_only_plan | bool else 'vpc' }}"
    run = site(changing="vpc,ecr,alb", failing=applying)
    assert run.code != 0
    assert set(run.applied) == {"vpc", "ecr"}
    assert "vpc could not be converged" in " ".join(run.output.split())


def test_limit_converges_one(site):
    run = site("--limit", "ecr", changing="vpc,ecr")
    assert run.code == 0, run.output
    assert (run.planned, run.applied) == (["ecr"], ["ecr"])


def test_the_plays_look_up_only_our_own_modules():
    """Ansible looks up each module of a group in each play: amazon.aws's would take a second of every run."""
    for name in ("site", "waves", "takedown", "destroy"):
        for play in yaml.safe_load((CHECKOUT / f"playbooks/{name}.yml").read_text()):
            assert set(play.get("module_defaults", {})) <= {"group/calstack.aws.own"}
