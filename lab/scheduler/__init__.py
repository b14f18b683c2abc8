"""EventBridge Scheduler played: one-time schedules whose universal targets call the lab's own AWS endpoint."""


class InvalidScheduleError(Exception):
    """A schedule that AWS refuses, in its words as far as they are known."""
