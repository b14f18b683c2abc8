"""Images of the lab: a folder with app.py and requirements.txt becomes an image in the emulated ECR.

Without a container engine an image is the application's files, an entry point and a virtual environment, kept in
`settings.cache`, and named by the digest of an OCI manifest that stands in the registry as any image's would.
With LAB_RUNNER=docker it is a real one, built by docker/Dockerfile, pushed to the lab's registry and pulled for tasks.
The registry goes with the lab, cache and engine's layers stay: to push again takes no time.
"""

from lab.images.build import build_and_push
from lab.images.image import ContainerImage, Image, ImageNotFound
from lab.images.store import ImageStore

__all__ = ["ContainerImage", "Image", "ImageNotFound", "ImageStore", "build_and_push"]
