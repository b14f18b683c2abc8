from pathlib import Path

from lab.atlas.fleet import Fleet
from lab.atlas.part import AtlasPart
from lab.atlas.world import DEDICATED, FREE, Cluster, Project, User, World
from lab.ca import LocalCa
from lab.commands.status import render
from lab.settings import Settings


def test_the_status_names_clusters_and_users_without_secrets(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "127.90", tmp_path)
    world = World(settings)
    project = Project("p", "shop", "")
    region = {"electableSpecs": {"instanceSize": "M20"}}
    body = {"replicationSpecs": [{"regionConfigs": [region]}]}
    project.clusters = {
        "main": Cluster("1", "main", DEDICATED, 0, body),
        "free": Cluster("2", "free", FREE, 1, {}, "IDLE"),
    }
    project.users = {("admin", "shop-a"): User({"username": "shop-a", "databaseName": "admin"}, "a-password")}
    world.projects["p"] = project
    part = AtlasPart(settings, world, Fleet(settings, LocalCa(settings)), lambda: None, lambda *_: None, lambda _: None)
    found = {"pid": 7, "since": 0.0, "parts": [], "atlas": part.report()}
    text = "\n".join(render(settings, found, 1.0))
    assert "  Atlas cluster shop/main  M20  CREATING  127.90.0.10:27017" in text
    assert "  Atlas cluster shop/free  M0  IDLE  127.90.0.11:27017" in text
    assert "  Atlas user shop/shop-a  (admin)" in text
    assert "a-password" not in text
