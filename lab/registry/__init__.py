"""ECR's registry: what `docker push` and `docker pull` speak to. Manifests stand in the emulated ECR, blobs in files.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""
