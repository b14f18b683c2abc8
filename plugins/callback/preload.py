# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Load once, in Ansible's main process, what every module of this collection loads."""

from __future__ import annotations

DOCUMENTATION = r"""
name: preload
type: notification
short_description: Load boto3 once, so that every forked worker has it
version_added: 0.1.0
author: CalStack Deploy founders
description:
  - Imports boto3 and what the modules of this collection and of C(amazon.aws) import, in Ansible's main process.
    Workers are forks of it, and with P(calstack.aws.warm#connection) so are modules.
  - Service models are parsed once and kept.
  - Makes no connection.
requirements:
  - enable in configuration, C(callbacks_enabled = calstack.aws.preload)
"""

import gc
from contextlib import suppress
from importlib import import_module

from ansible.plugins.callback import CallbackBase

MODULES = (
    "ansible.module_utils.basic",
    "ansible_collections.amazon.aws.plugins.module_utils.modules",
    "ansible_collections.calstack.aws.plugins.module_utils._core.component",
)
SERVICES = ("ec2", "ecs", "elbv2")


class CallbackModule(CallbackBase):
    """Listens to nothing: loading this file is all it does."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "calstack.aws.preload"
    CALLBACK_NEEDS_ENABLED = True


def preload() -> None:
    """Import the modules and parse what making a client reads; then keep it out of the forks' garbage collection."""
    for name in MODULES:
        import_module(name)
    keep_models()
    loader = import_module("botocore.session").get_session().get_component("data_loader")
    for data in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(data)
    for service in SERVICES:
        loader.load_service_model(service, "service-2")
        loader.load_service_model(service, "endpoint-rule-set-1")
    gc.collect()
    gc.freeze()


def keep_models() -> None:
    """Let all botocore sessions share the parsed files: each makes a loader of its own, and each client two."""
    loader = import_module("botocore.loaders").JSONFileLoader
    parse, parsed = loader.load_file, {}

    def load_file(self: object, file_path: str) -> object:
        if file_path not in parsed and (content := parse(self, file_path)) is not None:
            parsed[file_path] = content
        return parsed.get(file_path)

    loader.load_file = load_file


with suppress(ImportError):
    preload()
