"""What the module documents is what it takes."""

import yaml
from ansible_collections.calstack.aws.plugins.doc_fragments.look import ModuleDocFragment
from ansible_collections.calstack.aws.plugins.modules import ecs_blue_green_info

KEYS = ("type", "default", "required")


def told(options):
    return {name: {key: option[key] for key in KEYS if key in option} for name, option in options.items()}


def test_what_is_documented_is_what_is_taken():
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    documented |= yaml.safe_load(ecs_blue_green_info.DOCUMENTATION)["options"]
    assert told(documented) == told(ecs_blue_green_info.OPTIONS)
