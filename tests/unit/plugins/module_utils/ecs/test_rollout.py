"""Is it running what it was told to run?"""

import pytest
from ansible_collections.calstack.aws.plugins.module_utils._ecs.rollout import FAILED, STEADY, evidence, progress

NEW, OLD = (f"arn:aws:ecs:eu-west-1:123456789012:task-definition/app-blue:{number}" for number in (2, 1))


def service(arn=NEW, state="COMPLETED", running=2, desired=2, **more):
    deployment = {
        "id": "ecs-svc/2",
        "status": "PRIMARY",
        "taskDefinition": arn,
        "rolloutState": state,
        "failedTasks": 1,
    }
    older = {"status": "ACTIVE", "taskDefinition": OLD, "rolloutState": "COMPLETED"}
    return {"runningCount": running, "desiredCount": desired, "deployments": [older, deployment], **more}


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (service(), STEADY),
        (service(state="FAILED", running=0), FAILED),
        (service(state="IN_PROGRESS"), "2 of 2 tasks running, 1 failed, rollout IN_PROGRESS"),
        (service(running=1), "1 of 2 tasks running, 1 failed, rollout COMPLETED"),
        (service(running=3), "3 of 2 tasks running, 1 failed, rollout COMPLETED"),
    ],
)
def test_progress(there, expected):
    assert progress(there, NEW) == expected


def test_a_service_that_went_back_to_the_old_revision_is_not_steady():
    assert progress(service(arn=OLD), NEW) == "its deployment is of app-blue:1 instead of app-blue:2"


def test_evidence_is_why_tasks_stopped_and_the_last_events():
    reason = "CannotPullContainerError: pull image manifest has been retried 7 time(s)"
    task = {
        "startedBy": "ecs-svc/2",
        "stoppedReason": "Task failed to start",
        "containers": [{"name": "app", "reason": reason}],
    }
    died = {"stoppedReason": "Essential container in task exited", "containers": [{"name": "app", "exitCode": 3}]} | {
        "startedBy": "ecs-svc/2"
    }
    earlier = {"startedBy": "ecs-svc/1", "stoppedReason": "Scaling activity"}
    events = [{"message": f"event {number}."} for number in range(5)]
    assert evidence(service(events=events), [earlier, task, task, died]) == (
        f" Tasks stopped because: Task failed to start, container app: {reason};"
        " Essential container in task exited, container app: exit code 3."
        " Last events: event 0; event 1; event 2."
    )


def test_no_evidence_is_no_words():
    assert evidence(service(), []) == ""


def test_what_an_earlier_deployment_met_is_no_evidence():
    there = service(events=[{"message": "new", "createdAt": 7}, {"message": "old", "createdAt": 3}])
    there["deployments"][1]["createdAt"] = 5
    assert evidence(there, []) == " Last events: new."
