"""What docker/Dockerfile promises on paper; tests/image builds it where there is an engine."""

import json
import re

from lab.settings import CHECKOUT

TEXT = (CHECKOUT / "docker" / "Dockerfile").read_text()


def instructions() -> list[tuple[str, str]]:
    """Each with what follows it, its continued lines joined."""
    lines = [line for line in TEXT.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    begin = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[begin + 1 :]


def test_nothing_runs_in_the_last_stage_and_all_it_takes_comes_from_others() -> None:
    assert "RUN" not in [name for name, _ in last_stage()]
    assert [rest for name, rest in last_stage() if name in ("COPY", "ADD") and not rest.startswith("--from=")] == []


def test_it_is_run_by_a_user_without_a_name_and_without_a_shell() -> None:
    settings = dict(last_stage())
    uid, gid = (int(part) for part in settings["USER"].split(":"))
    assert (uid, gid) > (1000, 1000)
    assert json.loads(settings["ENTRYPOINT"])[0] == "python"
    assert json.loads(settings["HEALTHCHECK"].partition(" CMD ")[2])[0] == "python"
    assert not {"SHELL", "CMD"} & settings.keys()


def test_every_base_is_an_argument_that_can_be_a_digest_or_an_earlier_stage() -> None:
    stages = [rest.split() for name, rest in instructions() if name == "FROM"]
    names = [words[2] for words in stages if len(words) == 3]
    assert {words[0] for words in stages} - set(names) == {"${BUILD_IMAGE}", "${PYTHON_IMAGE}"}
    defaults = dict(rest.split("=") for name, rest in instructions()[:2])
    assert set(defaults) == {"BUILD_IMAGE", "PYTHON_IMAGE"}
    assert [
        base for base in defaults.values() if not re.fullmatch(r"docker\.io/library/python:3\.12-[a-z-]+", base)
    ] == []


def test_no_frontend_has_to_be_pulled() -> None:
    assert "# syntax" not in TEXT
