# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The loop: look, decide, record, act, wait. It knows no rule of a release but what to do when a call fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._release import roll_back, turns
from ansible_collections.calstack.aws.plugins.module_utils._release.action import (
    Action,
    ArmDeadMan,
    KeepImage,
    RegisterRevision,
    ScheduleRetirement,
    SetWeights,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.clients import is_passing
from ansible_collections.calstack.aws.plugins.module_utils._release.decide import decide
from ansible_collections.calstack.aws.plugins.module_utils._release.decision import Decision, Now
from ansible_collections.calstack.aws.plugins.module_utils._release.holder import LockLostError
from ansible_collections.calstack.aws.plugins.module_utils._release.model import (
    RESTING,
    SERVING,
    Phase,
    Release,
    Request,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.ports import (
    Audience,
    Eyes,
    Hands,
    Heartbeat,
    Judge,
    Records,
)
from ansible_collections.calstack.aws.plugins.module_utils._release.rule import only
from ansible_collections.calstack.aws.plugins.module_utils._release.table import StoreUnavailableError
from ansible_collections.calstack.aws.plugins.module_utils._release.telling import News, happened, phase_words, tick
from ansible_collections.calstack.aws.plugins.module_utils._release.world import World

COURTESIES = (KeepImage, ScheduleRetirement)
"""What a promotion does not fail for: without them an image may expire and a colour stays warm."""

STALE_AFTER = 30.0
"""Seconds that a decision may rest on what AWS showed last while it does not answer."""

PAUSE_AFTER_TROUBLE = 1.0


class AbandonedError(CalstackError):
    """The release is left as it is: its record cannot be kept."""


@dataclass
class Controller:
    """Works on one release until nobody needs to."""

    eyes: Eyes
    hands: Hands
    judge: Judge
    records: Records
    heart: Heartbeat
    audience: Audience
    lease: float = 30.0
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._condemned: Release | None = None
        self._recorded: Release | None = None
        self._world: World | None = None
        self._acted = False
        self._unsure: Action | None = None
        self._trouble_since = 0.0
        self._armed_at = 0.0
        self._said = ""
        self._news = News()

    def run(self, release: Release, request: Request | None = None) -> Release:
        """Work on `release` (recorded already) until it rests. `request` is heeded first.

        Raises LockLostError when another controller has taken over, AbandonedError when the record cannot be
        kept any more (users are sent back to stable before that), and CalstackError for a promotion that cannot be
        completed: running again goes on in each case.
        """
        self.judge.watch(release)
        try:
            while release.phase not in RESTING:
                # Heeded or pointless after the first decision; until there is one, it must not be forgotten.
                release = self.step(release, request)
        finally:
            self.judge.rest()
        return release

    def step(self, release: Release, request: Request | None = None) -> Release:
        """A turn, and what is done instead where it cannot be recorded. Raises as `run`."""
        self._recorded = self._recorded or release
        try:
            self._check_heart()
            return self.turn(release, request)
        except StoreUnavailableError as error:
            # Not `release`: some of the turn may have been recorded, and done. A verdict stands without its record.
            going = self._condemned or self._recorded
            self._without_record(going, error)
            return going

    def _check_heart(self) -> None:
        """A bake records nothing for minutes: that the table is away is then seen from the heartbeats only."""
        if 0 < self.heart.left() <= self.lease / 3:
            raise StoreUnavailableError("keeping the lock", "no heartbeat gets through")

    def turn(self, release: Release, request: Request | None = None) -> Release:
        """One look, one decision, and what it asks for."""
        self.heart.check()
        request = request or self.heart.request
        try:
            self._world, self._acted = self.eyes.world(release), False
        except CalstackError as error:
            return self._blind(release, request, error)
        return self._carry_out(release, self._decide(release, self._world, request))

    def _decide(self, release: Release, world: World, request: Request | None) -> Decision:
        now = self.clock()
        verdicts = self.judge.verdicts(release, world, now)
        decision = decide(release, Now(world, verdicts, now), request)
        # Known before anything is recorded: what follows from it may not wait for the table.
        self._condemned = decision.release if decision.release.phase == Phase.ROLL_BACK else None
        self.audience.tick(tick(release, world, verdicts, now))
        for words in self._news.of(release, verdicts):
            self._note(release, "verdict", words)
        return decision

    def _blind(self, release: Release, request: Request | None, error: CalstackError) -> Release:
        """AWS shows nothing. Nobody goes any further on what it showed before, but users may go back on it.

        A candidate that answers wrongly must not be kept in service by an API that does not answer.
        """
        last, back = self._world, release.phase == Phase.ROLL_BACK
        if last and not self._acted and (back or self.clock() - last.at < STALE_AFTER):
            decision = self._decide(release, last, request)
            if _only_goes_back(release, decision):
                return self._carry_out(release, decision)
            if not back:
                self.sleep(PAUSE_AFTER_TROUBLE)
                return release
        self._trouble(release, error)
        if back and last and (release.weight or self._unsure == only(release.stable)):
            decision = roll_back.unseen(release, Now(last, (), self.clock()))
            if decision.actions:
                return self._carry_out(release, decision)
        if self._patience_over(release) and release.phase not in (Phase.ROLL_BACK, Phase.PROMOTE):
            release = self._moved(turns.to_rollback(release, f"AWS cannot be read: {error}", self.clock()))
        return self._endure(release, error)

    def _carry_out(self, release: Release, decision: Decision) -> Release:
        release = self._moved(decision.release)
        if decision.note:
            self._note(release, "note", decision.note)
        for action in decision.actions:
            try:
                made = self._do(release, action)
            except (StoreUnavailableError, LockLostError):
                raise  # the record's trouble, not the action's
            except CalstackError as error:
                return self._refused(release, action, error)
            if isinstance(action, RegisterRevision):
                release = self._moved(replace(release, task_definition=made))
        self._trouble_since = 0.0
        if decision.then:
            release = self._moved(replace(decision.then, task_definition=release.task_definition))
        self._keep_armed(release)
        if decision.wait:
            self.sleep(decision.wait)
        return release

    def _do(self, release: Release, action: Action) -> str:
        self._note(release, "intent", str(action))
        self.heart.check()
        self._acted, self._unsure = True, action
        try:
            made = self.hands.do(action)
        except CalstackError as error:
            if not isinstance(action, COURTESIES):
                raise
            self._note(release, "trouble", f"{action}: {error}")
            return ""
        self._unsure = None
        self._note(release, "done", str(action))
        if isinstance(action, ArmDeadMan):
            self._armed_at = self.clock()
        return made

    def _refused(self, release: Release, action: Action, error: CalstackError) -> Release:
        """A call has failed: tried again while the reason may pass, else the release goes back."""
        self._trouble(release, error)
        if release.phase in (Phase.ROLL_BACK, Phase.PROMOTE):
            return self._endure(release, error)
        if not is_passing(error) or self._patience_over(release):
            return self._moved(turns.to_rollback(release, f"cannot {action}: {error}", self.clock()))
        return self._endure(release, error)

    def _endure(self, release: Release, error: CalstackError) -> Release:
        """Neither a rollback nor a promotion has anything better to turn to: try on, and say when it is too long."""
        over = self.clock() - self._trouble_since
        if release.phase == Phase.PROMOTE and over > release.pace.patience:
            raise CalstackError(
                f"{release.label} has passed, but its promotion could not be completed: {error} "
                f"Run the same command again: it goes on from here."
            )
        if release.phase == Phase.ROLL_BACK and over > release.pace.rollback_timeout:
            words = f"{release.reason}. The rollback could not be completed: {error}"
            ended = replace(release, phase=Phase.ROLLBACK_FAILED, ended_at=self.clock(), reason=words)
            return self._moved(ended)
        self.sleep(PAUSE_AFTER_TROUBLE)
        return release

    def _without_record(self, release: Release, error: StoreUnavailableError) -> None:
        """What cannot be recorded is not done, but for one thing: while the lock is ours, users go back to stable.

        That is at once when the candidate has failed, else shortly before another controller may come.
        """
        over = self.heart.left() <= self.lease / 3
        words = self._send_back(release) if over or release.phase == Phase.ROLL_BACK else ""
        if over:
            raise AbandonedError(f"{error} {words}".strip()) from error
        self.sleep(PAUSE_AFTER_TROUBLE)

    def _send_back(self, release: Release) -> str:
        """One rule change, unrecorded. In words, how it went."""
        if release.phase == Phase.PROMOTE:
            # The old colour may have no task any more.
            return f"{release.candidate} has passed and keeps all requests."
        if not (release.weight or release.weight_before):
            return f"All requests go to {release.stable}."
        if self.heart.left() <= 0:
            return "The lease is over: whoever has the lock now sees to the requests."
        if self._world and not self._world.colours[release.stable].healthy:
            return f"{release.stable} has no healthy task: the requests stay where they are."
        try:
            self.hands.do(only(release.stable))
        except CalstackError as worse:
            return f"Sending all requests to {release.stable} failed, too: {worse}"
        return f"All requests go to {release.stable} again."

    def _keep_armed(self, release: Release) -> None:
        """Each heartbeat pushes the dead-man switch forward; a push that fails is tried again at the next turn."""
        limit, now = release.pace.dead_man, self.clock()
        # A rollback may have to wait for stable's tasks: fired meanwhile, the switch would send users to none.
        pushed = SERVING | {Phase.ROLL_BACK}
        served = release.phase in pushed and (release.weight or release.weight_before)
        if not served or not limit or now - self._armed_at < limit / 4:
            return
        try:
            self.hands.do(ArmDeadMan(release.stable, now + limit))
            self._armed_at = now
        except CalstackError as error:
            self._say_once(release, f"the dead-man switch could not be pushed forward: {error}")

    def _moved(self, after: Release) -> Release:
        """Record a change, with an entry of the timeline where the phase is another one."""
        if after == self._recorded:
            return after
        turned = self._recorded is None or after.phase != self._recorded.phase
        event = happened(after, "phase", phase_words(after), self.clock()) if turned else None
        self.records.save(after, event)
        self._recorded = after
        if event:
            self.audience.event(event)
        return after

    def _note(self, release: Release, kind: str, words: str) -> None:
        event = happened(release, kind, words, self.clock())
        self.records.append(release, event)
        self.audience.event(event)

    def _trouble(self, release: Release, error: CalstackError) -> None:
        self._trouble_since = self._trouble_since or self.clock()
        self._say_once(release, str(error))

    def _say_once(self, release: Release, words: str) -> None:
        if self._said != words:
            self._said = words
            self._note(release, "trouble", words)

    def _patience_over(self, release: Release) -> bool:
        return self.clock() - self._trouble_since > release.pace.patience


def _only_goes_back(release: Release, decision: Decision) -> bool:
    """Whether a decision condemns the candidate or sends its users back, and does nothing besides."""
    news = decision.actions or decision.release.phase != release.phase
    harmless = all(isinstance(action, SetWeights) for action in decision.actions)
    return bool(news) and harmless and decision.release.phase == Phase.ROLL_BACK
