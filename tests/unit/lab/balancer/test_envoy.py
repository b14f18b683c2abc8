import os
import stat
from pathlib import Path

from lab.balancer.envoy import AccessLog, Files


def test_only_what_has_changed_is_written_and_what_is_not_named_goes(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.write({"a.json": "1", "b.json": "2"}) == ["a.json", "b.json"]
    before = (tmp_path / "a.json").stat()
    assert files.write({"a.json": "1", "b.json": "3"}) == ["b.json"]
    assert (tmp_path / "a.json").stat().st_mtime_ns == before.st_mtime_ns
    assert files.write({"b.json": "3"}) == []
    assert [item.name for item in tmp_path.iterdir()] == ["b.json"]


def test_a_file_is_replaced_by_another_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    os.umask(0o022)
    files = Files(tmp_path)
    files.write({"key": "old"})
    with (tmp_path / "key").open() as reader:
        files.write({"key": "new"})
        assert reader.read() == "old", "a reader sees the whole of one version"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert (tmp_path / "key").read_text() == "new"


def test_the_access_log_gives_whole_lines_once(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "pipe")
    assert log.lines() == []
    with (tmp_path / "pipe").open("wb", buffering=0) as writer:
        writer.write(b"one\ntwo\nthr")
        assert log.lines() == ["one", "two"]
        writer.write(b"ee\n")
        assert log.lines() == ["three"]
    assert log.lines() == []
    log.close()
