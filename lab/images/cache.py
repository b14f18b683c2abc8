"""Folders that are there as a whole or not at all, made by one builder at a time."""

import contextlib
import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def make_once(folder: Path, fill: Callable[[Path, int], None], valid: Callable[[Path], bool]) -> bool:
    """Make `folder` with `fill(partial, lock)` unless it is there and `valid`; whether it had to be made.

    `fill` works in a folder beside it, which is renamed when complete. The builder that is killed leaves such a
    partial folder, and the next one, of whatever, removes it. `lock` is an open file for `fill` to hand to its child
    processes, so that the lock is held for as long as one of them lives and may write.
    """
    if valid(folder):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder.parent)
    with _lock_file(folder).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if valid(folder):
            return False
        partial = _partial(folder)
        for old in (folder, partial):
            if old.exists():
                shutil.rmtree(old)
        try:
            partial.mkdir()
            fill(partial, lock.fileno())
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return True


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _remove_leftovers(parent: Path) -> None:
    for partial in parent.glob(".*.partial"):
        folder = parent / partial.name.removeprefix(".").removesuffix(".partial")
        with contextlib.suppress(BlockingIOError), _lock_file(folder).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(partial, ignore_errors=True)
