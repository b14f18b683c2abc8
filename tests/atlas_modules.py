"""What the tests of all modules that converge something in Atlas ask of them."""

import json
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.calstack.aws.plugins.doc_fragments.atlas import ModuleDocFragment
from atlas_fake import FakeAtlas, connection


def call(module: Any, fake: FakeAtlas, capsys: pytest.CaptureFixture[str], *, check: bool = False, **given: Any) -> Any:
    """The module's answer, as it prints it."""
    args = {**connection(fake), "project_name": "calstack-dev", "_ansible_check_mode": check, "_ansible_diff": True}
    with patch_module_args(args | given), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


def documented(module: Any) -> dict[str, Any]:
    return _options(yaml.safe_load(module.DOCUMENTATION)["options"])


def taken(options: dict[str, Any]) -> dict[str, Any]:
    return _options(options)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    kept = ("type", "default", "choices", "elements", "required")
    return {
        name: {key: option[key] for key in kept if key in option}
        | ({"options": _options(inner)} if (inner := option.get("suboptions") or option.get("options")) else {})
        for name, option in options.items()
    }


def fragment(name: str) -> dict[str, Any]:
    return _options(yaml.safe_load(getattr(ModuleDocFragment, name))["options"])
