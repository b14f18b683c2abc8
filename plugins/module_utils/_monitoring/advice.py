# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""What an alarm says: what is wrong, and what to do about it. Pure.

The texts reach people by mail, in the night: the first sentence says what users notice, the next what to do first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Params = Mapping[str, Any]

_LOOK = "Look with playbooks/status.yml"
_BACK = "If a release has just been made, go back: playbooks/rollback.yml."


def users_hurt() -> str:
    return (
        "Users notice: errors, slow answers, or too few tasks. "
        f"{_LOOK}; the dashboard shows both colours, and which of the alarms in this one's rule are in ALARM says "
        f"where to begin. {_BACK}"
    )


def target_errors(params: Params) -> str:
    return (
        f"More than {params['error_percent']:g} % of the answers of the application are 5xx, of at least "
        f"{params['minimum_requests']} requests a period. {_BACK} Otherwise read the tasks' log from the beginning of "
        f"the errors on; where log-errors or database-unreachable is in ALARM too, begin there."
    )


def balancer_errors(params: Params) -> str:
    return (
        f"The balancer itself answers more than {params['error_percent']:g} % with 5xx: 502 where a task breaks off, "
        f"503 where no task is there, 504 where one takes too long. {_LOOK}: are there healthy tasks in the colour "
        f"that serves? If not, the services' events say why. {_BACK}"
    )


def latency(params: Params) -> str:
    return (
        f"One of 20 requests takes longer than {params['latency_seconds']:g} s. Look at CPU and memory on the "
        f"dashboard, then at the database: in Atlas, slow queries and its own CPU. {_BACK} If it is the load, raise "
        f"app_tasks_max or app_cpu and run site.yml, then release."
    )


def too_few(params: Params) -> str:
    return (
        f"No colour has {params['tasks_min']} healthy tasks (app_tasks_min). {_LOOK}: it says why tasks have stopped. "
        f"Usual reasons: an image that does not start, a secret or the image that cannot be read, a health check that "
        f"fails. {_BACK} A stack that has never had an image has none: push one, run site.yml. One that is meant to be "
        f"empty wants monitoring_tasks_min: 0."
    )


def unhealthy(params: Params) -> str:
    return (
        f"For {_minutes(15 * params['period'])} some tasks have not passed their health check, and ECS has not mended "
        f"it. {_LOOK}, and read the log of the tasks that are unhealthy. While a release is paused with a bad "
        f"candidate: playbooks/rollback.yml."
    )


def ceiling(params: Params, resource: str) -> str:
    name = {"cpu": "CPU", "memory": "memory"}[resource]
    return (
        f"All {params['tasks_max']} tasks (app_tasks_max) run, and their {name} is above "
        f"{params['ceiling_percent']:g} %: autoscaling has nothing left. Raise app_tasks_max, or app_{resource}, and "
        f"run site.yml (a new size takes effect with the next release). If the load is not from users, find out whose "
        f"it is."
    )


def certificate(params: Params) -> str:
    return (
        f"A certificate ends in fewer than {params['certificate_days']} days, and ACM has not renewed it, which it "
        f"does 60 days before. Its validation record is missing: run site.yml --limit dns, or enter the CNAME that "
        f"ACM's console shows. An imported certificate is never renewed: import the new one."
    )


def log_errors(params: Params) -> str:
    return (
        f"{params['log_errors']} or more lines of the tasks' log in {_minutes(5 * params['period'])} are errors. "
        f"Read them: CloudWatch Logs Insights, the pattern is monitoring_error_pattern. {_BACK}"
    )


def database(params: Params) -> str:
    return (
        f"{params['log_database']} or more lines of the tasks' log in {_minutes(5 * params['period'])} say that the "
        f"database cannot be reached or refuses to log in. Is the cluster up, and are the tasks' addresses let in "
        f"(Atlas: Network Access, or the private endpoint)? playbooks/status.yml, then site.yml --limit atlas; after a "
        f"changed password the services need a release."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min"
