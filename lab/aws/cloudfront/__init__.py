"""CloudFront: distributions that deploy over time, policies, invalidations.

moto keeps distributions without policies and asks for no ETag; `answers` takes the place of its answers.
"""

from lab.aws.cloudfront.answers import apply

__all__ = ["apply"]
