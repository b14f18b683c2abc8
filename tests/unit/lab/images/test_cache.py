import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.images import cache


def valid(folder: Path) -> bool:
    return (folder / "done").exists()


def fill(partial: Path, _lock: int) -> None:
    (partial / "done").touch()


def eventually(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    assert cache.make_once(folder, fill, valid)
    assert not cache.make_once(folder, fill, valid)
    assert list(folder.iterdir()) == [folder / "done"]


def test_made_again_when_no_longer_valid(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "rotten").touch()
    assert cache.make_once(folder, fill, valid)
    assert list(folder.iterdir()) == [folder / "done"]


def test_a_builder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(partial: Path, _lock: int) -> None:
        (partial / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.make_once(tmp_path / "folder", fail, valid)
    assert [path.name for path in tmp_path.iterdir()] == [".folder.lock"]


def test_builders_of_the_same_take_turns(tmp_path: Path) -> None:
    fills = []

    def slow(partial: Path, lock: int) -> None:
        fills.append(partial)
        time.sleep(0.1)
        fill(partial, lock)

    threads = [threading.Thread(target=cache.make_once, args=(tmp_path / "folder", slow, valid)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fills) == 1
    assert valid(tmp_path / "folder")


BUILDER = """
import subprocess, sys
from pathlib import Path
from lab.images import cache

def fill(partial, lock):
    child = subprocess.Popen(["sleep", "60"], pass_fds=(lock,))
    (partial / "child").write_text(str(child.pid))
    child.wait()

cache.make_once(Path(sys.argv[1]), fill, Path.exists)
"""


def test_a_killed_builder_is_cleaned_up_when_its_children_are_gone(tmp_path: Path) -> None:
    folder, partial, lock = (tmp_path / name for name in ("folder", ".folder.partial", ".folder.lock"))
    builder = subprocess.Popen([sys.executable, "-c", BUILDER, str(folder)])
    note = partial / "child"
    eventually(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    builder.kill()
    builder.wait()
    try:
        assert not folder.exists()
        cache.make_once(tmp_path / "another", fill, valid)
        assert partial.exists()  # its child may still write into it
        with lock.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(child, signal.SIGKILL)
    assert cache.make_once(folder, fill, valid)
    assert list(folder.iterdir()) == [folder / "done"]
    assert not partial.exists()


def test_what_a_killed_builder_left_is_removed_by_the_next_of_another(tmp_path: Path) -> None:
    left = tmp_path / ".killed.partial"
    left.mkdir()
    (left / "half").touch()
    cache.make_once(tmp_path / "folder", fill, valid)
    assert not left.exists()
