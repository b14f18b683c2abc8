"""What the role release refuses, and what it hands to its module; the module itself is not played."""

import os
import subprocess
import sys
from pathlib import Path

import yaml
from conftest import CHECKOUT

ROLE = CHECKOUT / "roles/release"
GIVEN = {"env_name": "dev", "stack_name": "calstack-dev", "app_domain": "example.test", "app_health_path": "/"}


def play(tmp_path, *tasks):
    book = tmp_path / "play.yml"
    book.write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": GIVEN, "tasks": list(tasks)}])
    )
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", str(book)]
    shell = os.environ | {"COLUMNS": "10000"}
    return subprocess.run(command, cwd=CHECKOUT, env=shell, capture_output=True, text=True, check=False)


def test_a_release_of_no_image_is_refused_with_what_to_give(tmp_path):
    done = play(tmp_path, {"ansible.builtin.include_role": {"name": "calstack.aws.release", "tasks_from": "run"}})
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    for words in (
        "release_image is empty",
        "-e release_image=calstack:1.1.0",
        "-e release_image=stable",
        "-e release_commit=",
    ):
        assert words in said
    assert "Work on the release" not in said


def test_an_image_and_a_commit_at_once_are_refused(tmp_path):
    given = {"release_image": "calstack:1.1.0", "release_commit": "3f1c9ab"}
    role = {"name": "calstack.aws.release", "tasks_from": "run"}
    done = play(tmp_path, {"ansible.builtin.include_role": role, "vars": given})
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "release_image is calstack:1.1.0 and release_commit is 3f1c9ab" in said
    assert "Work on the release" not in said


def test_a_path_that_cloudfront_would_refuse_is_refused_before_the_release(tmp_path):
    role = {"name": "calstack.aws.release", "tasks_from": "run"}
    wrong = {"release_image": "calstack:1.1.0", "release_invalidate": ["/static/*", "static/*", "/a*/b"]}
    done = play(tmp_path, {"ansible.builtin.include_role": role, "vars": wrong})
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "release_invalidate has static/*, /a*/b" in said
    assert "Work on the release" not in said


def test_who_goes_back_needs_no_image_and_stable_is_the_modules_none(tmp_path):
    tasks = yaml.safe_load((ROLE / "tasks/run.yml").read_text())
    asserted, work = tasks[0], tasks[2]["block"][0]
    condition = asserted["ansible.builtin.assert"]["that"]
    cases = [
        ("released", "", "", False, ""),
        ("released", " ", "", False, " "),
        ("released", None, "", False, None),
        ("rolled_back", "", "", True, ""),
        ("paused", "", "", True, ""),
        ("released", "stable", "", True, ""),
        ("released", "calstack:1.1.0", "", True, "calstack:1.1.0"),
        ("released", "", "3f1c9ab", True, ""),
        ("released", None, "3f1c9ab", True, None),
        ("released", "", " ", False, ""),
        ("released", "calstack:1.1.0", "3f1c9ab", False, "calstack:1.1.0"),
        ("released", "stable", "3f1c9ab", False, ""),
    ]
    compared = {
        "ansible.builtin.assert": {"that": [f"({condition}) == item[3]", "__handed == item[4]"]},
        "loop": [list(case) for case in cases],
        "vars": {
            "release_goal": "{{ item[0] }}",
            "release_image": "{{ item[1] }}",
            "release_commit": "{{ item[2] }}",
            "__handed": work["calstack.aws.ecs_blue_green"]["image"],
        },
    }
    done = play(tmp_path, {"ansible.builtin.include_vars": {"file": str(ROLE / "vars/main.yml")}}, compared)
    assert done.returncode == 0, done.stdout


def test_status_and_releases_put_their_reports_into_the_same_folder():
    default = yaml.safe_load((ROLE / "defaults/main.yml").read_text())["release_report_dir"]
    assert f"release_report_dir | default('{default}')" in (CHECKOUT / "playbooks/status.yml").read_text()
