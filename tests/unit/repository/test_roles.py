"""Each role's specification, defaults and documentation say the same."""

import pytest
import yaml
from conftest import CHECKOUT

ROLES = sorted(path.parent.parent for path in CHECKOUT.glob("roles/*/tasks/main.yml"))


def load(path):
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def options_of(role):
    """Of all entry points that work with the role's defaults: `tell` takes what a run has published."""
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]
    return {name: option for entry in specs.keys() - {"tell"} for name, option in specs[entry]["options"].items()}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
class TestRole:
    def test_every_default_is_specified_and_every_optional_input_has_its_default(self, role):
        options = options_of(role)
        defaults = load(role / "defaults/main.yml")
        assert set(defaults) <= set(options)
        assert {name for name, option in options.items() if not option.get("required")} <= set(defaults)

    def test_specified_defaults_are_the_real_ones(self, role):
        options = options_of(role)
        defaults = load(role / "defaults/main.yml")
        stated = {name: option["default"] for name, option in options.items() if "default" in option}
        assert stated == {name: defaults[name] for name in stated}

    def test_inputs_carry_the_roles_name_and_a_description(self, role):
        for name, option in options_of(role).items():
            assert name.startswith(f"{role.name}_")
            assert option["description"]
            assert option["type"]

    def test_a_readme_names_every_input(self, role):
        text = (role / "README.md").read_text()
        options = options_of(role)
        shared = {f"{role.name}_{name}" for name in ("environment_name", "stack_name", "app_name", "state")}
        missing = [name for name in options if name not in text and name not in shared]
        assert not missing

    def test_no_short_cuts(self, role):
        text = "".join(path.read_text() for path in role.rglob("tasks/*.yml"))
        for word in ("ignore_errors", "builtin.shell", "builtin.command", "builtin.pause", "failed_when: false"):
            assert word not in text
