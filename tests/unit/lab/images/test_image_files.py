"""lab/images/files.py"""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.images import files
from lab.images.files import File, layer


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"contents of {name}")


def names(root: Path) -> list[str]:
    return [str(file.path) for file in files.scan(root).files]


def test_leaves_out_secrets_tests_and_litter(tmp_path: Path) -> None:
    kept = [
        "app.py",
        "gunicorn.conf.py",
        "requirements.txt",
        "static/.well-known/assetlinks.json",
        "static/css/style.css",
        "templates/index.html",
        "vendor/tests/data.json",
    ]
    write(tmp_path, *kept)
    secrets = [".env", ".env.prod", "client_secret.json", "client_secret_1.json", "keys/tls.pem", "prod.env", "tls.key"]
    write(tmp_path, *secrets)
    write(tmp_path, ".git/config", ".github/x.yml", ".venv/bin/python", "__pycache__/app.pyc", "tests/x.py", "a.pyc")
    assert names(tmp_path) == kept
    assert [str(path) for path in files.scan(tmp_path).secrets] == secrets


def test_links_that_leave_the_folder_or_lead_nowhere_are_left_out(tmp_path: Path) -> None:
    source = tmp_path / "source"
    write(source, "app.py")
    write(tmp_path, "passwords.txt")
    (source / "outside").symlink_to(tmp_path / "passwords.txt")
    (source / "nowhere").symlink_to(source / "gone")
    (source / "inside").symlink_to("app.py")
    (source / "disguised.txt").symlink_to(".env")
    write(source, ".env")
    assert names(source) == ["app.py", "inside"]


def test_same_contents_same_digest_whatever_the_times_and_places(tmp_path: Path) -> None:
    digests = []
    for folder, time in (("one", 1_000_000), ("two", 2_000_000)):
        for name in ("b.py", "a/c.py") if folder == "one" else ("a/c.py", "b.py"):
            write(tmp_path / folder, name)
            os.utime(tmp_path / folder / name, (time, time))
        digests.append(layer(files.scan(tmp_path / folder).files).digest)
    assert digests[0] == digests[1]


@pytest.mark.parametrize("change", ["content", "name", "mode", "one more"])
def test_another_digest_for_other(tmp_path: Path, change: str) -> None:
    write(tmp_path, "app.py")
    before = layer(files.scan(tmp_path).files)
    if change == "content":
        (tmp_path / "app.py").write_text("other")
    elif change == "name":
        (tmp_path / "app.py").rename(tmp_path / "bpp.py")
    elif change == "mode":
        (tmp_path / "app.py").chmod(0o755)
    else:
        write(tmp_path, "more.py")
    assert layer(files.scan(tmp_path).files).digest != before.digest


@given(st.lists(st.builds(File, st.text(min_size=1).map(Path), st.integers(0), st.booleans(), st.text()), max_size=4))
def test_a_layer_is_as_large_as_its_files(found: list[File]) -> None:
    assert layer(found).size == sum(file.size for file in found)


def test_copies_are_read_only_and_the_same(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    write(source, "app.py", "bin/run")
    (source / "bin/run").chmod(0o755)
    found = files.scan(source).files
    files.copy(source, found, copy)
    assert files.scan(copy).files == found
    assert [oct((copy / file.path).stat().st_mode)[-3:] for file in found] == ["444", "555"]
