# Copyright: CalStack Deploy contributors
# GNU General Public License v3.0-or-later (see LICENSE)
"""Documentation that the modules share which ask MongoDB Atlas."""

from __future__ import annotations


class ModuleDocFragment:
    # For modules that converge something in Atlas, and need nothing of AWS.
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) converges what the other options describe.
      - V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - calstack.aws.atlas.connection
  - calstack.aws.atlas.plan
"""

    PLAN = r"""
attributes:
  check_mode:
    description:
      - Plans without a single call that writes.
      - Where the project is only planned, everything in it is to be created.
    support: full
  diff_mode:
    description: Shows each resource that is created, changed or deleted, property by property.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  action_group:
    description: Use C(group/calstack.aws.atlas) in C(module_defaults) to set options for all modules that ask Atlas.
    support: full
    membership: [calstack.aws.atlas]
"""

    CONNECTION = r"""
options:
  base_url:
    description:
      - Where the Atlas Administration API is. Always https, except on this machine itself.
      - The environment variable E(MONGODB_ATLAS_BASE_URL) is used where it is not given.
    type: str
    default: https://cloud.mongodb.com
  client_id:
    description:
      - The client id of a service account, which Atlas recommends over an API key. Give only one of the two.
      - The environment variable E(MONGODB_ATLAS_CLIENT_ID) is used where it is not given.
    type: str
  client_secret:
    description:
      - The client secret of the service account.
      - The environment variable E(MONGODB_ATLAS_CLIENT_SECRET) is used where it is not given.
    type: str
  public_key:
    description:
      - The public key of an API key.
      - The environment variable E(MONGODB_ATLAS_PUBLIC_KEY) is used where it is not given.
    type: str
  private_key:
    description:
      - The private key of the API key.
      - The environment variable E(MONGODB_ATLAS_PRIVATE_KEY) is used where it is not given.
    type: str
notes:
  - Proxies are taken from the environment variables E(HTTPS_PROXY) and E(NO_PROXY), certificate authorities from the
    system. Certificates are always verified, and redirects never followed.
  - Requests are repeated for up to 90 seconds where Atlas limits their number, does not answer or fails, but a request
    that creates something only where it certainly has not been carried out.
"""

    PROJECT = r"""
options:
  project_id:
    description:
      - The id of the project, 24 hexadecimal digits.
      - Give either this or O(project_name).
    type: str
  project_name:
    description:
      - The name of the project.
      - Give either this or O(project_id).
    type: str
"""
