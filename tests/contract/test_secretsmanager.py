import time
from typing import Any


def read_after_the_label_moved(client: Any) -> tuple[str, str]:
    """The default read after AWSCURRENT has moved, and the read by its label."""
    manager = client("secretsmanager")
    first = manager.create_secret(Name="moved", SecretString="old")["VersionId"]
    second = manager.put_secret_value(SecretId="moved", SecretString="new", VersionStages=["PENDING"])["VersionId"]
    manager.update_secret_version_stage(
        SecretId="moved", VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=first
    )
    return (
        manager.get_secret_value(SecretId="moved")["SecretString"],
        manager.get_secret_value(SecretId="moved", VersionStage="AWSCURRENT")["SecretString"],
    )


def test_a_default_read_follows_the_label(plain: Any, mended: Any) -> None:
    assert read_after_the_label_moved(plain) == ("old", "new")
    assert read_after_the_label_moved(mended) == ("new", "new")


def changed_by_a_moved_label(client: Any) -> bool:
    """Whether LastChangedDate, which is in whole seconds, is later after a label has moved."""
    manager = client("secretsmanager")
    version = manager.create_secret(Name="changed", SecretString="old")["VersionId"]
    time.sleep(1.1)
    before = manager.describe_secret(SecretId="changed")["LastChangedDate"]
    manager.update_secret_version_stage(SecretId="changed", VersionStage="mine", MoveToVersionId=version)
    return bool(manager.describe_secret(SecretId="changed")["LastChangedDate"] > before)


def test_a_moved_label_is_a_change(plain: Any, mended: Any) -> None:
    assert not changed_by_a_moved_label(plain)
    assert changed_by_a_moved_label(mended)
