"""As AWX runs it: a project folder of any name, a playbook path, an inventory, and ansible-runner; nothing exported."""

import os

import ansible_runner

from lab.settings import CHECKOUT
from tests.integration.laboratory import BIN


def test_the_site_runs_as_a_job_template_would_run_it(laboratory, tmp_path):
    (tmp_path / "project").symlink_to(CHECKOUT)
    done = ansible_runner.run(
        private_data_dir=str(tmp_path),
        playbook="site.yml",
        inventory=str(tmp_path / "project/inventories/local"),
        cmdline="--check",
        envvars={**laboratory.shell, "PATH": f"{BIN}:{os.environ['PATH']}"},
        quiet=True,
    )
    assert done.rc == 0, done.stdout.read()
    assert {host for host, changes in done.stats["changed"].items() if changes} == {
        "vpc",
        "ecr",
        "secrets",
        "atlas",
        "alb",
        "ecs",
        "dns",
        "release",
        "monitoring",
        "delivery",
    }
