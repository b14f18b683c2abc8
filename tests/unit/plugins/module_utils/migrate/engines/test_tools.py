"""mongodump | mongorestore, with stand-ins for both."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError, Job
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.tools import Tools

from tests.conftest import CHECKOUT
from tests.migrate_programs import ENCODED, PASSWORD, SOURCE, TARGET, Programs, Told, gone, job

DATA = {"app": {"users": list(range(20)), "notes": [1]}, "more": {"x": ["y"]}}


class Kept(dict):
    """A ledger."""

    def __init__(self, **states):
        super().__init__(states)
        self.written = []

    def state(self, database):
        return self.get(database, "")

    def record(self, database, state):
        self[database] = state
        self.written.append((database, state))


@pytest.fixture
def programs(tmp_path):
    made = Programs(tmp_path / "bin")
    made.give("source", DATA)
    return made


def engine(programs):
    return Tools(programs["mongodump"], programs["mongorestore"])


def test_all_databases_are_copied_and_counted(programs, tmp_path):
    told, ledger = Told(), Kept()
    copied = engine(programs).copy(job(tmp_path / "work", DATA), told, ledger)
    assert (copied, programs.seen("target")) == ({"app": 21, "more": 1}, DATA)
    assert ledger.written == [("app", "begun"), ("app", "copied"), ("more", "begun"), ("more", "copied")]
    assert "app: 2 collections, 21 documents copied" in told.lines
    assert any("users 10 of 20 (50 %)" in state for state in told.states)


def test_it_says_that_it_follows_nothing(programs):
    assert engine(programs).follows is False


def test_the_connection_strings_come_in_files_without_a_name_that_nobody_else_may_read(programs, tmp_path):
    work = tmp_path / "work"
    engine(programs).copy(job(work), Told(), Kept())
    dump, restore = programs.seen("mongodump"), programs.seen("mongorestore")
    assert dump["config"] == {"uri": SOURCE.replace("/app?tls=true", "/?tls=true&authSource=app")}
    assert restore["config"] == {"uri": TARGET.replace("/app?", "/?") + "&authSource=admin"}
    for seen in (dump, restore):
        assert (seen["mode"], seen["links"]) == (0o600, 0)
        shown = f"{seen['argv']} {seen['cmdline']} {seen['environment']}"
        assert PASSWORD not in shown
        assert ENCODED not in shown
    assert list(work.iterdir()) == []


def test_the_command_lines_are_the_documented_ones(programs, tmp_path):
    engine(programs).copy(job(tmp_path / "work"), Told(), Kept())
    dump, restore = programs.seen("mongodump")["argv"], programs.seen("mongorestore")["argv"]
    assert [word for word in dump if not word.startswith("--config=/dev/fd/")] == ["--db=app", "--archive"]
    assert [word for word in restore if not word.startswith("--config=/dev/fd/")] == [
        "--archive",
        "--nsInclude=app.*",
        "--stopOnError",
        "--maintainInsertionOrder",
        "--bypassDocumentValidation",
    ]


def test_what_is_copied_is_not_copied_again(programs, tmp_path):
    told = Told()
    assert engine(programs).copy(job(tmp_path / "work"), told, Kept(app="copied")) == {}
    assert programs.seen("mongodump") is None
    assert told.lines == ["app has been copied by an earlier run"]


def test_what_was_cut_off_is_dropped_and_begun_anew(programs, tmp_path):
    programs.give("target", {"app": {"users": [0, 1]}})
    told = Told()
    engine(programs).copy(job(tmp_path / "work"), told, Kept(app="begun"))
    assert "--drop" in programs.seen("mongorestore")["argv"]
    assert programs.seen("target")["app"] == DATA["app"]
    assert "copied anew" in told.lines[0]


def copy_failing(programs, tmp_path, **plans):
    programs.plan(**plans)
    ledger = Kept()
    with pytest.raises(EngineError) as caught:
        engine(programs).copy(job(tmp_path / "work"), Told(), ledger)
    assert ledger == {"app": "begun"}
    assert ENCODED not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_a_source_that_refuses_is_named_with_its_last_words(programs, tmp_path):
    said = copy_failing(programs, tmp_path, mongodump={"fail": "Failed: Authentication failed.", "code": 1})
    assert "mongodump, which works on the source, ended with exit code 1" in said
    assert "connected with mongodb://***" in said
    assert "Check the user, the password" in said
    assert "copied anew" in said


def test_a_source_that_fails_on_the_way_is_named(programs, tmp_path):
    said = copy_failing(programs, tmp_path, mongodump={"fail": "cursor gone", "when": "late", "code": 2})
    assert "mongodump, which works on the source, ended with exit code 2" in said


def test_a_target_that_refuses_is_named_though_the_dump_fails_as_well(programs, tmp_path):
    programs.give("source", {"app": {"users": ["x" * 1000] * 500}})
    said = copy_failing(programs, tmp_path, mongorestore={"fail": f"Failed: not authorized for {PASSWORD}", "code": 1})
    assert "mongorestore, which works on the target, ended with exit code 1" in said
    assert "lacks a role" in said


def test_a_refused_document_is_an_error_though_mongorestore_says_success(programs, tmp_path):
    said = copy_failing(programs, tmp_path, mongorestore={"failures": 1})
    assert "1 documents were read but not written" in said


def test_a_program_that_is_not_there_is_an_error(programs, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "other")
    programs["mongorestore"].unlink()
    with pytest.raises(EngineError, match="mongorestore"):
        engine(programs).copy(job(tmp_path / "work"), Told(), Kept())
    assert gone(programs.pid("mongodump"))


def test_a_jobs_repr_shows_no_connection_string(tmp_path):
    assert ENCODED not in repr(Job(SOURCE, TARGET, ("app",), tmp_path))


RUN = """
    import sys
    from pathlib import Path
    from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import Job
    from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.tools import Tools

    class Ledger:
        def state(self, database):
            return ""
        def record(self, database, state):
            print(state, flush=True)
        def line(self, text):
            pass
        status = line

    here = Path(sys.argv[1])
    job = Job(*sys.stdin.read().split(), ("app",), here / "work")
    Tools(here / "bin/mongodump", here / "bin/mongorestore").copy(job, Ledger(), Ledger())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_leaves_no_process_and_no_file_and_the_next_one_completes_it(programs, tmp_path, number):
    programs.plan(mongodump={"sleep": 60})
    work = tmp_path / "work"
    work.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "collections")}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as run:
        run.stdin.write(f"{SOURCE}\n{TARGET}")
        run.stdin.close()
        assert run.stdout.readline() == "begun\n"
        children = programs.pid("mongodump"), programs.pid("mongorestore")
        run.send_signal(number)
    assert all(gone(child) for child in children)
    assert list(work.iterdir()) == []
    programs.plan()
    assert engine(programs).copy(job(work), Told(), Kept(app="begun")) == {"app": 21}
    assert programs.seen("target") == {"app": DATA["app"]}
