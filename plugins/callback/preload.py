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
  - Imports boto3, what the modules of this collection and of C(amazon.aws) import, and the plugins of every task, in
    Ansible's main process. Workers are forks of it, and with P(calstack.aws.warm#connection) so are modules.
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

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader, connection_loader, shell_loader
from ansible.template import Templar, trust_as_template

MODULES = (
    "ansible.module_utils.basic",
    "ansible_collections.amazon.aws.plugins.module_utils.modules",
    "ansible_collections.calstack.aws.plugins.module_utils._core.component",
)
SERVICES = ("ec2", "ecs", "elbv2", "iam")
PLUGINS = (
    (connection_loader, "calstack.aws.warm"),
    (shell_loader, "ansible.builtin.sh"),
    (action_loader, "calstack.aws.warm"),
    (action_loader, "ansible.builtin.assert"),
    (action_loader, "ansible.builtin.set_fact"),
    (action_loader, "ansible.builtin.validate_argument_spec"),
)
GARBAGE = 50_000
"""So many new objects before Python looks for garbage; by default 700."""


class CallbackModule(CallbackBase):
    """Listens to nothing: loading this file is all it does."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "calstack.aws.preload"
    CALLBACK_NEEDS_ENABLED = True


def preload_modules() -> None:
    """Import what modules import, and parse what making a client reads."""
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
    keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "-")
    sessions.Session().create_client("sts", "us-east-1", **keys)


def preload_workers() -> None:
    """Load the plugins of every task, and let Jinja compile once: each worker would load the same filters again."""
    for plugins, name in PLUGINS:
        plugins.get(name, class_only=True)
    Templar(DataLoader()).template(trust_as_template("{{ [] | default([]) is defined }}"))


gc.set_threshold(GARBAGE)
preload_workers()
with suppress(ImportError):
    preload_modules()
# What is here now lives as long as the process: nobody need look at it again, and forks go on sharing it.
gc.collect()
gc.freeze()
