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
  - Service models are parsed once and kept, and so is what every first client of a process reads.
  - Python looks for garbage less often. Workers and modules end before there is much of it, and looking copies memory
    that they share.
  - Makes no connection.
requirements:
  - enable in configuration, C(callbacks_enabled = calstack.aws.preload)
"""

import functools
import gc
from contextlib import suppress
from importlib import import_module

from ansible.plugins.callback import CallbackBase

MODULES = (
    "ansible.module_utils.basic",
    "ansible_collections.amazon.aws.plugins.module_utils.modules",
    "ansible_collections.calstack.aws.plugins.module_utils._core.component",
)
SERVICES = ("ec2", "ecs", "elbv2", "iam")
GARBAGE = 50_000
"""So many new objects before Python looks for garbage; by default 700."""


class CallbackModule(CallbackBase):
    """Listens to nothing: loading this file is all it does."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "calstack.aws.preload"
    CALLBACK_NEEDS_ENABLED = True


def preload() -> None:
    """Import the modules and parse what making a client reads; then keep it out of the forks' garbage collection."""
    gc.set_threshold(GARBAGE)
    for name in MODULES:
        import_module(name)
    sessions, hooks = import_module("botocore.session"), import_module("botocore.hooks")
    # amazon.aws makes a session a client, and each would look through botocore's folders and at its handlers again.
    vars(sessions)["create_loader"] = functools.cache(sessions.create_loader)
    vars(hooks)["accepts_kwargs"] = functools.cache(hooks.accepts_kwargs)
    loader = vars(sessions)["create_loader"](None)  # as a session asks for it where AWS_DATA_PATH is not set
    loader.list_available_services("service-2")
    for service in SERVICES:
        loader.load_service_model(service, "service-2")
    # The first client of a process reads the partitions and imports signers. With keys given it looks for none.
    sessions.Session().create_client("sts", "us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    gc.collect()
    gc.freeze()


with suppress(ImportError):
    preload()
