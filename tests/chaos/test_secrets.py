"""What the application is told in secret, and the webhook's URL, show up nowhere."""

import json
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.settled import assert_settled

TOKEN = "T00000000-hush-hush-4711"


@pytest.fixture
def secrets(scene):
    """By name."""
    manager = scene.aws("secretsmanager")
    found = {"webhook": TOKEN, "mongo": scene.laboratory.shell["MONGO_URI"]}
    for item in manager.list_secrets()["SecretList"]:
        found |= json.loads(manager.get_secret_value(SecretId=item["ARN"])["SecretString"])
    assert len(found["FLASK_SECRET_KEY"]) >= 32
    return found


class ProcessList:
    """Command lines that anybody on the machine can read, while something runs."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(0.2):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    self.seen.add(entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))


def _assert_hidden(secrets, places):
    for where, text in places.items():
        assert text, f"nothing to look at: {where}"
        shown = [name for name, value in secrets.items() if value in text]
        assert not shown, f"{where} shows {shown}"


def test_in_a_run_that_fails(scene, before, image, controllers, crowd, tell, secrets):
    """With all that errors may bring to light: a one-off task that prints its environment, a webhook that is away."""
    run = controllers.run(
        image=image,
        webhook=f"http://{scene.laboratory.settings.network}.0.99:9/hooks/{TOKEN}",
        one_off_tasks=[{"name": "leak", "command": ["sh", "-c", "env; env >&2; exit 1"], "timeout": 30.0}],
    )
    assert "webhook" in json.dumps(run.progress), "nobody was told that the webhook is away"
    reports = [path.read_text() for path in (run.folder / "reports").iterdir()]
    assert len(reports) == 2
    places = {
        "the record": scene.everything_recorded(),
        "the progress file": (run.folder / "progress").read_text(),
        "the result": json.dumps(run.result),
        "the reports": "\n".join(reports),
    }
    _assert_hidden(secrets, places)
    tell(assert_settled(scene, before, run, crowd, words=["one-off task leak failed"]))


def test_in_the_loudest_output_of_a_playbook(scene, before, image, controllers, crowd, tell, secrets, tmp_path):
    given = {
        "release_image": image,
        "release_strategy": {"type": "all_at_once", "final_bake": 2},
        "release_gates": {"error_rate": None, "latency": None},
        "release_notify_webhook": f"http://{scene.laboratory.settings.network}.0.99:9/hooks/{TOKEN}",
        "release_report_dir": str(tmp_path),
    }
    variables = tmp_path / "given.json"
    variables.write_text(json.dumps(given))
    with ProcessList() as processes:
        time.sleep(0.5)
        output = scene.laboratory.play("playbooks/release.yml", "-vvv", "--diff", "-e", f"@{variables}")
    places = {
        "the output": output,
        "the record": scene.everything_recorded(),
        "the process list": "\n".join(processes.seen),
    }
    _assert_hidden(secrets, places)
    assert "promoted" in output
    crowd.stop()
    assert not crowd.failed
