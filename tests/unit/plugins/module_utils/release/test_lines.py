"""A release as lines of text."""

import time
from dataclasses import replace

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.screen import ERASE, Output
from ansible_collections.calstack.aws.plugins.module_utils._release.evidence import Verdict
from ansible_collections.calstack.aws.plugins.module_utils._release.lines import (
    line,
    plain,
    status,
    summary,
    tick_line,
    tone,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.live import Screen
from ansible_collections.calstack.aws.plugins.module_utils._release.model import Phase, Release
from ansible_collections.calstack.aws.plugins.module_utils._release.progress import Event, Tick

NOON = 1784721600.0
TICK = Tick(NOON, "r-1", "analyse", "blue", "green", 10, 1, 4, 720, "")
SPLIT = "error rate: pass, candidate 5xx 0.0 % (0/412) against stable 0.1 % (3/3711)"
RELEASE = Release(
    id="r-1",
    kind="release",
    stack="calstack-dev",
    image="example/calstack:1.1.0",
    label="1.1.0",
    stable="blue",
    candidate="green",
    stable_image="example/calstack:1.0.0",
    stable_task_definition="",
    base_task_definition="",
    steps=(),
    gates={},
    started_at=NOON,
)


def event(kind: str, words: str, phase: str = "analyse") -> Event:
    return Event(NOON, kind, words, phase, 10)


def test_a_verdict_and_a_phase_have_a_line():
    assert line(event("verdict", SPLIT)) == f"12:00:00  verdict      {SPLIT}"
    assert line(event("phase", "green is warm", "healthy")) == "12:00:00  healthy      green is warm"


def test_a_tick_has_bar_step_and_time_left():
    shown = tick_line(TICK)
    assert shown == "12:00:00  analyse      candidate green █░░░░░░░░░  10 %   step 1 of 4, about 12 min left"
    assert "step" not in tick_line(replace(TICK, step=0))


@pytest.mark.parametrize(
    ("told", "loud"),
    [
        (event("verdict", SPLIT), "good"),
        (event("verdict", "probes: fail, 3 in a row"), "bad"),
        (event("verdict", "probes: inconclusive"), "warning"),
        (event("verdict", "something else"), "plain"),
        (event("trouble", "ModifyRule was throttled"), "warning"),
        (event("phase", "", Phase.PROMOTED), "good"),
        (event("phase", "", Phase.ROLLBACK_FAILED), "bad"),
        (event("done", "", Phase.ROLLED_BACK), "plain"),
    ],
)
def test_the_tone_follows_the_outcome(told, loud):
    assert tone(told) == loud


def test_the_status_shows_the_worst_verdict():
    good, open_, bad = Verdict("a", "pass", "x"), Verdict("b", "inconclusive", "y"), Verdict("c", "fail", "z")
    assert status(replace(TICK, verdicts=(good, open_, bad)), 200).endswith("c: fail, z")
    assert status(replace(TICK, verdicts=(good, open_)), 200).endswith("b: inconclusive, y")
    assert status(replace(TICK, verdicts=(good, good)), 200).endswith("all 2 gates pass")


def test_an_unchanged_tick_is_told_again_after_half_a_minute():
    assert not plain(replace(TICK, at=NOON + 29, left=700, phase="bake"), TICK)
    assert plain(replace(TICK, at=NOON + 30), TICK)
    assert plain(replace(TICK, at=NOON + 1, weight=50), TICK)


def test_the_summary_of_a_promotion():
    done = replace(RELEASE, phase=Phase.PROMOTED, weight=100, ended_at=NOON + 724, warm_until=NOON + 3600)
    assert summary(done, (), "dev") == [
        "RELEASE r-1 promoted in 12 min 4 s: green serves everybody with calstack:1.1.0, before it was calstack:1.0.0",
        "  warm      blue until 13:00 UTC: going back is one call",
        "  next      To go back to blue: ansible-playbook calstack.aws.rollback -i inventories/dev",
    ]


def test_another_day_is_named():
    warm = replace(RELEASE, phase=Phase.PROMOTED, ended_at=NOON, warm_until=NOON + 90000)
    assert "  warm      blue until 2026-07-23 13:00 UTC: going back is one call" in summary(warm, (), "dev")


def test_the_summary_of_a_rollback_has_reason_and_measured_time():
    done = replace(
        RELEASE,
        phase=Phase.ROLLED_BACK,
        ended_at=NOON + 90,
        reason="error rate: fail,\x1b[2J 4 %",
        verdict_at=NOON + 60,
        restored_at=NOON + 60.4,
    )
    said = summary(done, (event("trouble", "x"),), "dev")
    assert said[0] == "RELEASE r-1 rolled back in 1 min 30 s: blue serves everybody with calstack:1.0.0, as before"
    assert "  reason    error rate: fail, [2J 4 %" in said
    assert "  rollback  blue had all requests again 0.40 s after the verdict" in said
    assert "  trouble   1 call had to be tried again: see the timeline" in said


def test_a_failed_rollback_shouts():
    said = summary(replace(RELEASE, phase=Phase.ROLLBACK_FAILED, weight=30, reason="blue has no task"), ())
    assert "THE ROLLBACK FAILED" in said[0]
    assert "30 %" in said[0]


@pytest.fixture
def zone(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def texts(outputs: list[Output]) -> str:
    return "".join(output.text + ("\n" if output.stays else "") for output in outputs)


def test_without_a_terminal_there_are_only_lines():
    screen = Screen(lambda: None)
    said = screen.take(TICK) + screen.take(replace(TICK, at=NOON + 1)) + screen.take(event("done", "x"))
    assert [output.stays for output in said] == [True, True, True]
    assert "\x1b" not in texts(said)
    assert screen.close() == []


def test_times_are_utc_wherever_the_controller_is_and_a_new_day_is_told(zone):
    screen = Screen(lambda: None)
    late = event("done", "x")
    said = [screen.take(replace(late, at=NOON + later)) for later in (0, 1, 43200)]
    assert texts([output for outputs in said for output in outputs]).splitlines() == [
        "2026-07-22, times in UTC",
        "12:00:00  done         x",
        "12:00:01  done         x",
        "2026-07-23, times in UTC",
        "00:00:00  done         x",
    ]


def test_on_a_terminal_lines_push_the_status_down():
    screen = Screen(lambda: 40)
    first = screen.take(TICK)
    assert first[-1].text.startswith(ERASE)
    assert first[-1].text.endswith("\r")
    drawn = first[-1].text.removeprefix(ERASE).removesuffix("\r")
    assert len(drawn) == 39
    assert texts(screen.take(event("done", "x"))) == f"{ERASE}12:00:00  done         x\n{drawn}\r"
    assert texts(screen.close()) == ERASE
    assert screen.close() == []


def test_on_a_terminal_a_new_weight_leaves_a_line():
    screen = Screen(lambda: 80)
    assert not any(output.stays for output in screen.take(replace(TICK, weight=0)))
    assert any(output.stays for output in screen.take(TICK))
    assert not any(output.stays for output in screen.take(replace(TICK, at=NOON + 60, phase="bake")))


def test_intents_are_told_only_to_who_asks():
    intent = event("intent", "set the production rule")
    assert Screen(lambda: None).take(intent) == []
    assert "set the production rule" in texts(Screen(lambda: None, intents=True).take(intent))
