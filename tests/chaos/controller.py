"""A run of ecs_blue_green as a process of its own, so that it can be killed: `python -m tests.chaos.controller FILE`.

FILE is JSON: `params` (options of the module; others have their defaults), `check`, `host` (whose machine this plays),
`journal` (a line for each AWS call that writes, but DynamoDB's, as `elbv2:ModifyRule#2`) and, to die by SIGKILL, `kill`
(such a line) with `when` (`before` or `after`). The result is the only line on standard output.
"""

import json
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

import boto3
import botocore.session
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from botocore.config import Config

from lab.settings import CHECKOUT

READS = re.compile(r"(BatchGet|Describe|Get|List|Query)")


class Reaper:
    """Notes the calls that write, and ends the process before or after one of them."""

    def __init__(self, journal: Path, kill: str, when: str) -> None:
        self._journal, self._kill, self._when = journal, kill, when
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def before(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        service, action = model.service_model.service_name, model.name
        if service == "dynamodb" or READS.match(action):
            return
        with self._lock:
            self._seen[f"{service}:{action}"] += 1
            name = context["calstack_call"] = f"{service}:{action}#{self._seen[f'{service}:{action}']}"
            with self._journal.open("a") as journal:
                journal.write(f"{name}\n")
        self._end(name, "before")

    def after(self, context: dict[str, Any], **_: Any) -> None:
        self._end(context.get("calstack_call", ""), "after")

    def _end(self, name: str, when: str) -> None:
        if name and (name, when) == (self._kill, self._when):
            os.kill(os.getpid(), signal.SIGKILL)


class Module:
    """What the engine needs of an AnsibleAWSModule."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.params, self.check_mode = given["params"], given["check"]
        reaper = Reaper(Path(given["journal"]), given["kill"], given["when"])
        base = botocore.session.get_session()
        base.register("before-call", reaper.before)
        base.register("after-call", reaper.after)
        self._session = boto3.Session(botocore_session=base)

    def client(self, service: str, **extra: Any) -> Any:
        return self._session.client(service, config=Config(**extra.get("config", {})))

    def fail_json(self, **result: Any) -> NoReturn:
        self.exit_json(**result, failed=True)

    def exit_json(self, **result: Any) -> NoReturn:
        print(json.dumps({"failed": False, **result}, default=str), flush=True)
        sys.exit(int(result.get("failed", False)))


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    socket.gethostname = lambda: given["host"]
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / "collections")])._install()
    from ansible_collections.calstack.aws.plugins.module_utils._release import module
    from ansible_collections.calstack.aws.plugins.modules.ecs_blue_green import OPTIONS

    checked = ArgumentSpecValidator(OPTIONS).validate(given["params"])
    assert not checked.error_messages, checked.error_messages
    module.run(Module({**given, "params": checked.validated_parameters}))


if __name__ == "__main__":
    main()
