# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""The cluster as a module: options in, the converged cluster out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster import converged
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_model import Cluster, connection_strings
from ansible_collections.calstack.aws.plugins.module_utils._atlas.cluster_watch import Watch
from ansible_collections.calstack.aws.plugins.module_utils._atlas.module import with_project
from ansible_collections.calstack.aws.plugins.module_utils._atlas.options import api_of
from ansible_collections.calstack.aws.plugins.module_utils._core.component import report
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import CalstackError
from ansible_collections.calstack.aws.plugins.module_utils._core.telling import Teller


def run(module: Any) -> None:
    """Bring about what `module` (an AnsibleModule) asks, and end it."""
    params = module.params
    api = api_of(module)
    doubts: list[str] = []
    try:
        with Teller(params["progress_file"]) as teller:
            known = with_project(api, params, check=module.check_mode, doubts=doubts)
            watch = partial(Watch, api, name=params["name"], teller=teller, seconds=params["wait_timeout"])
            done = converged(api, known, watch, check=module.check_mode)
    except CalstackError as error:
        module.fail_json(msg=str(error))
    for warning in [*doubts, *done.warnings]:
        module.warn(warning)
    told = outputs(known, done.cluster) if params["state"] == "present" else {}
    module.exit_json(**report(done.result), **told)


def outputs(params: Mapping[str, Any], cluster: Cluster | None) -> dict[str, Any]:
    """What the module returns of the cluster. Pure."""
    project = {"project_id": params["project_id"]}
    if cluster is None:
        return project
    return {
        **project,
        "state_name": cluster.state,
        "instance_size": cluster.size,
        "mongodb_version": cluster.mongodb_version,
        "connection_strings": connection_strings(cluster.answer),
    }
