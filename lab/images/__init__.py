"""Images of the lab: a folder with app.py and requirements.txt becomes an image in the emulated ECR.

There is no container engine: an image is the application's files, an entry point and a virtual environment, kept in
`settings.cache`, and named by the digest of an OCI manifest that stands in the registry as any image's would.
The registry goes with the lab, the cache stays: to push again takes no time.
"""

from lab.images.build import build_and_push
from lab.images.store import Image, ImageNotFound, ImageStore

__all__ = ["Image", "ImageNotFound", "ImageStore", "build_and_push"]
