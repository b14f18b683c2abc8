"""Where the programs come from."""

import hashlib
import io
import tarfile
import zipfile
from contextlib import nullcontext

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines import download
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.download import (
    PINNED,
    Archive,
    Place,
    database_tools,
    mongosync,
    version,
)
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError

from tests.migrate_programs import Programs

URL = "https://downloads.example/tools.tgz"


@pytest.fixture(autouse=True)
def nothing_on_path(monkeypatch, tmp_path):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path / "bin", ["mongodump", "mongorestore", "mongosync"])


def tgz(programs, names=("mongodump", "mongorestore"), prefix="tools-100/bin/"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.add(programs["mongodump"].parent, "tools-100/bin", recursive=False)
        for name in names:
            tar.add(programs[name], f"{prefix}{name}")
    return out.getvalue()


def zipped(programs, names=("mongodump", "mongorestore")):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name in names:
            pack.write(programs[name], f"tools-100/bin/{name}")
    return out.getvalue()


def offered(body, tmp_path, url=URL, sha256=None):
    """A place with an archive, and a fetch that counts."""
    asked = []

    def fetch(wanted):
        asked.append(wanted)
        return nullcontext(io.BytesIO(body))

    archive = Archive(url, sha256 or hashlib.sha256(body).hexdigest())
    return Place(tmp_path / "cache", archive=archive), fetch, asked


def test_a_directory_is_the_only_place_where_it_is_given(programs, tmp_path):
    place = Place(tmp_path / "cache", directory=programs.place)
    assert database_tools(place) == (programs["mongodump"], programs["mongorestore"])
    assert mongosync(Place(tmp_path, directory=programs.place)).name == "mongosync"
    programs["mongorestore"].unlink()
    with pytest.raises(InputError, match=r"mongorestore cannot be found in .*migrate_tools_dir"):
        database_tools(place)


def test_path_is_looked_at_before_anything_is_downloaded(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(programs.place))
    place, fetch, asked = offered(b"", tmp_path)
    assert database_tools(place, fetch)[0] == programs["mongodump"]
    assert asked == []


@pytest.mark.parametrize("pack", [tgz, zipped])
def test_a_download_is_checked_unpacked_and_kept(programs, tmp_path, pack):
    place, fetch, asked = offered(pack(programs), tmp_path)
    first = database_tools(place, fetch)
    assert first == database_tools(place, fetch)
    assert asked == [URL]
    assert [path.read_text() for path in first] == [
        programs[name].read_text() for name in ("mongodump", "mongorestore")
    ]
    assert [path.name for path in place.cache.iterdir()] == [place.archive.sha256]


def test_another_content_is_refused_and_nothing_of_it_stays(programs, tmp_path):
    place, fetch, _ = offered(tgz(programs), tmp_path, sha256="0" * 64)
    with pytest.raises(EngineError, match=r"and 0{64} is expected\. Nothing of it has been run"):
        database_tools(place, fetch)
    assert list(place.cache.iterdir()) == []


def test_no_path_of_an_archive_is_followed(programs, tmp_path):
    place, fetch, _ = offered(tgz(programs, prefix="../../../"), tmp_path)
    dump, _ = database_tools(place, fetch)
    assert dump.parent.parent == place.cache
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "cache", "empty"]


def test_an_archive_without_the_programs_is_refused(programs, tmp_path):
    place, fetch, _ = offered(tgz(programs, ["mongodump"]), tmp_path)
    with pytest.raises(InputError, match="has no mongorestore in it"):
        database_tools(place, fetch)


def test_what_is_no_archive_is_refused(tmp_path):
    place, fetch, _ = offered(b"<html>", tmp_path)
    with pytest.raises(EngineError, match="cannot be unpacked"):
        database_tools(place, fetch)


def test_a_download_that_fails_says_what_else_can_be_done(tmp_path):
    def fetch(url):
        raise OSError("no route")

    place, _, _ = offered(b"", tmp_path)
    with pytest.raises(EngineError, match=r"no route\. Install the programs .*HTTPS_PROXY"):
        database_tools(place, fetch)


def test_a_download_without_end_is_cut_off(programs, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LARGEST", 10)
    place, fetch, _ = offered(tgz(programs), tmp_path)
    with pytest.raises(EngineError, match="more than 10 bytes"):
        database_tools(place, fetch)


@pytest.mark.parametrize(
    ("url", "sha256", "words"),
    [
        ("http://downloads.example/x.tgz", "0" * 64, "must be an https URL"),
        ("file:///etc/passwd", "0" * 64, "must be an https URL"),
        (URL, "", "migrate_tools_sha256 must be given"),
        (URL, "abc", "migrate_tools_sha256 must be given"),
    ],
)
def test_what_cannot_be_checked_is_not_fetched(tmp_path, url, sha256, words):
    with pytest.raises(InputError, match=words):
        mongosync(Place(tmp_path / "cache", archive=Archive(url, sha256)), fetch=None)


def test_mongosync_has_no_known_checksum_so_it_must_be_given(tmp_path):
    with pytest.raises(InputError, match="migrate_tools_url with its migrate_tools_sha256"):
        mongosync(Place(tmp_path / "cache"))


def test_the_pinned_archives_are_well_formed():
    assert {system for system, _ in PINNED} == {"Linux", "Darwin"}
    for archive in PINNED.values():
        assert archive.url.startswith("https://fastdl.mongodb.org/tools/db/mongodb-database-tools-")
        assert len(bytes.fromhex(archive.sha256)) == 32
    assert len({archive.sha256 for archive in PINNED.values()}) == len(PINNED)


def test_the_pinned_archive_of_this_machine_is_used_where_nothing_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(download.platform, "system", lambda: "Linux")
    monkeypatch.setattr(download.platform, "machine", lambda: "aarch64")
    _, fetch, asked = offered(b"other", tmp_path)
    with pytest.raises(EngineError, match="is expected"):
        database_tools(Place(tmp_path / "cache"), fetch)
    assert asked == [PINNED["Linux", "aarch64"].url]


@pytest.mark.parametrize(
    ("name", "printed"), [("mongodump", "mongodump version: 100.2.1"), ("mongosync", "mongosync 1.14.9")]
)
def test_a_version_that_is_too_old_is_refused(programs, tmp_path, name, printed):
    programs.plan(**{name: {"version": printed}, "mongorestore": {}})
    place = Place(tmp_path / "cache", directory=programs.place)
    with pytest.raises(InputError, match=r"is version .*and at least .* is needed"):
        mongosync(place) if name == "mongosync" else database_tools(place)


def test_a_program_that_does_not_run_here_is_an_error(programs, tmp_path):
    programs["mongosync"].write_text("#!/bin/sh\necho libgssapi_krb5.so.2: not found >&2\nexit 127\n")
    with pytest.raises(EngineError, match="does not run on this machine: libgssapi"):
        mongosync(Place(tmp_path / "cache", directory=programs.place))


def test_a_version_is_read_out_of_any_sentence():
    assert version("mongodump version: 100.12.0\ngit version: 12") == (100, 12, 0)
    assert version("no number") == ()
