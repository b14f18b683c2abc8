"""The collection as it is installed from its tarball, without the checkout's own."""

import subprocess

from lab.settings import CHECKOUT
from tests.integration.laboratory import BIN


def test_the_installed_collection_plans_the_whole_site(laboratory, tmp_path):
    galaxy = BIN / "ansible-galaxy"
    subprocess.run([galaxy, "collection", "build", "--output-path", tmp_path], cwd=CHECKOUT, check=True)
    (tarball,) = tmp_path.glob("*.tar.gz")
    installed = tmp_path / "ansible_collections"
    installed.mkdir()
    (installed / "amazon").symlink_to(CHECKOUT / "collections/ansible_collections/amazon")
    options = ["-p", tmp_path, "--no-deps", "--offline"]
    subprocess.run([galaxy, "collection", "install", tarball, *options], cwd=tmp_path, check=True)
    output = laboratory.play("calstack.aws.site", "--check", "--diff", ANSIBLE_COLLECTIONS_PATH=str(tmp_path))
    assert "+ load balancer calstack-local-alb" in output
