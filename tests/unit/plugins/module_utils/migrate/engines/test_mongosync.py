"""mongosync, with a stand-in that speaks its API and keeps its state as the real one does: in the target."""

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace
from threading import Event

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError, NotReadyError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines import mongosync
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import EngineError
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.mongosync import Mongosync, config
from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.mongosync_api import (
    Progress,
    progress,
    start_body,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import CHECKOUT
from tests.migrate_programs import ENCODED, PASSWORD, SOURCE, TARGET, Programs, Told, gone, job


class Clock:
    """Time passes only while somebody sleeps; real time hardly does."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        # The stand-in is a real process, which has to come up meanwhile.
        Event().wait(0.02)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path / "bin", ["mongosync"])


@pytest.fixture
def engine(programs):
    clock = Clock()
    return Mongosync(programs["mongosync"], port=free_port(), clock=clock, sleep=clock.sleep)


def names(programs):
    return [name for name, _ in programs.asked()]


def test_the_stages_copy_catch_up_and_cut_over(programs, engine, tmp_path):
    told, work = Told(), job(tmp_path / "work", ("app", "more"))
    assert engine.copy(work, told).can_commit
    assert engine.catch_up(work, told).lag == 3
    seen = engine.commit(work, told)
    assert (seen.state, seen.can_write) == ("COMMITTED", True)
    assert programs.asked() == [("start", start_body(("app", "more"))), ("commit", {})]
    assert any("400 B of about 1000 B (40 %)" in state for state in told.states)
    assert list((tmp_path / "work").iterdir()) == []


def test_it_says_that_it_follows(engine):
    assert engine.follows is True


def test_each_stage_can_be_run_again(programs, engine, tmp_path):
    work = job(tmp_path / "work")
    for stage in (engine.copy, engine.copy, engine.commit, engine.copy, engine.catch_up, engine.commit):
        stage(work, Told())
    assert names(programs) == ["start", "commit"]


def test_the_process_has_ended_after_each_stage(programs, engine, tmp_path):
    engine.copy(job(tmp_path / "work"), Told())
    assert gone(programs.pid("mongosync"))


def test_the_connection_strings_come_in_a_file_without_a_name(programs, engine, tmp_path):
    engine.copy(job(tmp_path / "work"), Told())
    seen = programs.seen("mongosync")
    assert seen["config"] == {
        "cluster0": SOURCE,
        "cluster1": TARGET,
        "port": engine.port,
        "verbosity": "WARN",
        "acceptDisclaimer": True,
        "disableTelemetry": True,
    }
    assert (seen["mode"], seen["links"]) == (0o600, 0)
    assert re.fullmatch(r"/dev/fd/\d+", seen["argv"][1])
    shown = f"{seen['argv']} {seen['cmdline']} {seen['environment']}"
    assert ENCODED not in shown
    assert PASSWORD not in shown


def test_it_writes_its_metrics_where_nobody_sees_them(programs, engine, tmp_path):
    engine.copy(job(tmp_path / "work"), Told())
    assert programs.seen("mongosync")["cwd"].startswith(str(tmp_path / "work"))


def test_what_is_paused_is_resumed(programs, engine, tmp_path):
    programs.give("destination", {"state": "PAUSED", "copied": 500})
    engine.copy(job(tmp_path / "work"), Told())
    assert names(programs) == ["resume"]


def test_a_cut_over_that_was_cut_off_is_waited_for(programs, engine, tmp_path):
    programs.give("destination", {"state": "COMMITTING", "copied": 1000, "left": 3})
    assert engine.commit(job(tmp_path / "work"), Told()).can_write
    assert names(programs) == []


def test_it_is_asked_again_while_it_starts(programs, engine, tmp_path):
    programs.plan(mongosync={"silent": 4})
    assert engine.copy(job(tmp_path / "work"), Told()).can_commit


def test_caught_up_means_two_looks_in_a_row(programs, engine, tmp_path):
    programs.plan(mongosync={"lags": [3, 40, 9, 30, 8, 7, 1]})
    assert engine.catch_up(job(tmp_path / "work"), Told(), lag=10).lag == 7


def failing(programs, run, work, error=EngineError, **plan):
    programs.plan(mongosync=plan)
    with pytest.raises(error) as caught:
        run(work, Told())
    said = str(caught.value)
    assert ENCODED not in said
    assert PASSWORD not in said
    assert gone(programs.pid("mongosync"))
    return said


def test_its_end_is_an_error_with_its_last_words(programs, engine, tmp_path):
    said = failing(programs, engine.copy, job(tmp_path / "work"), die_at=400, code=3)
    assert "mongosync has ended with exit code 3" in said
    assert '"message":"lost ***"' in said
    assert "it goes on from its state in the target" in said


def test_a_refused_start_is_an_error(programs, engine, tmp_path):
    said = failing(programs, engine.copy, job(tmp_path / "work"), refuse={"start": f"user of {TARGET} lacks a role"})
    assert "mongosync refused the request start: Refused: user of ***" in said


def test_a_refusal_without_words_is_an_error(programs, engine, tmp_path):
    said = failing(programs, engine.copy, job(tmp_path / "work"), refuse={"start": None})
    assert "refused the request start: without a reason" in said


def test_a_start_that_is_refused_because_it_runs_already_is_none(programs, engine, tmp_path):
    programs.plan(mongosync={"moved": ["start"]})
    assert engine.copy(job(tmp_path / "work"), Told()).can_commit
    assert names(programs) == ["start"]


def test_a_refused_cut_over_is_an_error(programs, engine, tmp_path):
    said = failing(programs, engine.commit, job(tmp_path / "work"), refuse={"commit": "index build"})
    assert "mongosync refused the request commit: Refused: index build" in said


def test_an_answer_that_is_not_understood_is_an_error(programs, engine, tmp_path):
    said = failing(programs, engine.copy, job(tmp_path / "work"), broken={"success": True, "pace": {}})
    assert "progress was not understood: it has ['pace', 'success']" in said


def test_reversing_is_nobodys_wish(programs, engine, tmp_path):
    programs.give("destination", {"state": "REVERSING", "copied": 1000})
    assert "from the target to the source" in failing(programs, engine.copy, job(tmp_path / "work"))


def test_no_answer_at_all_ends_in_time(programs, engine, tmp_path):
    hurried = replace(engine, sleep=lambda seconds: engine.sleep(50 * seconds))
    said = failing(programs, hurried.copy, job(tmp_path / "work"), NotReadyError, silent=10_000)
    assert "mongosync was not ready after 600 s" in said


def test_a_cut_over_that_does_not_end_is_an_error(programs, engine, tmp_path, monkeypatch):
    monkeypatch.setattr(mongosync, "COMMITS_AFTER", 10.0)
    programs.give("destination", {"state": "COMMITTING", "copied": 1000, "left": 10_000_000})
    said = failing(programs, engine.commit, job(tmp_path / "work"), NotReadyError)
    assert "mongosync's cut-over was not ready after 10 s; last seen: mongosync committing" in said


def test_a_second_one_on_this_machine_is_refused(programs, engine, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", engine.port))
        other.listen()
        with pytest.raises(InputError, match="migrate_mongosync_port"):
            engine.copy(job(tmp_path / "work"), Told())
    assert programs.seen("mongosync") is None


def test_a_program_that_does_not_start_is_an_error(programs, engine, tmp_path):
    programs["mongosync"].write_text("#!/bin/sh\necho 'libgssapi not found' >&2\nexit 127\n")
    with pytest.raises(EngineError, match=r"exit code 127.*\n.*libgssapi not found"):
        engine.copy(job(tmp_path / "work"), Told())


RUN = """
    import sys, time
    from pathlib import Path
    from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.job import Job
    from ansible_collections.calstack.aws.plugins.module_utils._migrate.engines.mongosync import Mongosync

    class Tell:
        def status(self, text):
            print(text, flush=True)

    here = Path(sys.argv[1])
    job = Job(*sys.stdin.read().split(), ("app",), here / "work")
    Mongosync(here / "bin/mongosync", port=int(sys.argv[2]), sleep=lambda seconds: time.sleep(0.5)).copy(job, Tell())
"""


def test_a_killed_stage_leaves_no_process_and_the_next_one_goes_on(programs, engine, tmp_path):
    work = job(tmp_path / "work")
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), tmp_path, str(engine.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "collections")},
        text=True,
    ) as run:
        run.stdin.write(f"{SOURCE}\n{TARGET}")
        run.stdin.close()
        assert "mongosync idle" in run.stdout.readline()
        child = programs.pid("mongosync")
        run.send_signal(signal.SIGKILL)
    assert gone(child)
    assert engine.copy(work, Told()).can_commit
    assert names(programs) == ["start"]


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.integers())))
def test_an_answer_is_progress_or_an_error(answer):
    with pytest.raises(EngineError):
        progress({**answer, "progress": None})
    assert progress({**answer, "progress": {**answer, "state": "RUNNING"}}).state == "RUNNING"


@given(st.builds(Progress, state=st.text(), lag=st.none() | st.integers(), total_bytes=st.integers(min_value=0)))
def test_any_progress_has_its_words(seen):
    assert seen.words.startswith("mongosync ")


def test_the_configuration_is_a_line_a_setting(tmp_path):
    assert config(job(tmp_path / "work"), 5).splitlines()[:3] == [
        f'cluster0: "{SOURCE}"',
        f'cluster1: "{TARGET}"',
        "port: 5",
    ]
