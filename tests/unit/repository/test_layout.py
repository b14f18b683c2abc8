"""The checkout is the collection: links without loops, and a tarball that holds what an installation needs."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from conftest import CHECKOUT

FARM = CHECKOUT / "collections/ansible_collections/calstack/aws"


def test_links_lead_into_the_checkout_and_none_loops():
    for link in FARM.iterdir():
        assert link.is_symlink()
        target = link.resolve(strict=True)
        assert target.parent == CHECKOUT
        assert not FARM.is_relative_to(target)


def test_every_module_is_in_the_action_groups_that_its_options_fit():
    groups = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text())["action_groups"]
    sources = {path.stem: path.read_text() for path in CHECKOUT.glob("plugins/modules/*.py")}
    aws = {name for name, text in sources.items() if "AnsibleAWSModule(" in text}
    atlas = {name for name, text in sources.items() if "calstack.aws.atlas" in text and "module_utils._atlas" in text}
    assert groups["aws"] == [{"metadata": {"extend_group": ["amazon.aws.aws", "own"]}}]
    assert set(groups["own"]) == aws
    assert set(groups["atlas"]) == atlas
    assert sources.keys() - aws - atlas == {"oauth_redirect_info"}  # it asks the application only


@pytest.fixture(scope="module")
def tarball(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    subprocess.run(
        [galaxy, "collection", "build", "--output-path", folder], cwd=CHECKOUT, check=True, capture_output=True
    )
    return next(folder.glob("calstack-aws-*.tar.gz"))


def test_the_tarball_holds_the_collection_and_nothing_of_the_checkout(tarball):
    with tarfile.open(tarball) as content:
        tops = {Path(name).parts[0] for name in content.getnames()}
    assert {"meta", "plugins", "roles", "playbooks", "MANIFEST.json"} <= tops
    assert tops <= {
        "meta", "plugins", "roles", "playbooks", "docs", "changelogs",
        "MANIFEST.json", "FILES.json", "README.md", "CHANGELOG.md", "LICENSE",
    }  # fmt: skip


def test_the_installed_collection_resolves_its_playbooks_and_modules(tarball, tmp_path):
    bin_ = Path(sys.executable).parent
    subprocess.run(
        [bin_ / "ansible-galaxy", "collection", "install", tarball, "-p", tmp_path, "--no-deps", "--offline"],
        check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    environment = {"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(tmp_path)}
    environment["ANSIBLE_COLLECTIONS_PATH"] = f"{tmp_path}:{CHECKOUT / 'collections'}"
    playbooks = [
        f"calstack.aws.{name}"
        for name in ("site", "release", "promote", "rollback", "rotate", "migrate", "status", "cost")
    ]
    for command in (
        ["ansible-playbook", "--syntax-check", *playbooks, "-i", str(CHECKOUT / "inventories/dev")],
        ["ansible-doc", "-t", "module", "calstack.aws.stack_info"],
    ):
        done = subprocess.run(
            [bin_ / command[0], *command[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
