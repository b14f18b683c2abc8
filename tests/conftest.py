"""The checkout is the collection: its modules import as ansible_collections.calstack.aws, wherever it lies."""

import os
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parent.parent

_AnsibleCollectionFinder(paths=[str(CHECKOUT / "collections")])._install()

# No test may reach an account: whatever the shell had, keys are odd fakes and the instance metadata is off.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "AKIALABKEY000UNITS",
    "AWS_SECRET_ACCESS_KEY": "lab-units-0f3c",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Each emulated account would load 1,300 machine images, half a second of a test.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}

# On a busy machine an example may take its time; what it shows is right or wrong all the same.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
