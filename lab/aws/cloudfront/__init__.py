"""CloudFront: distributions that deploy over time, policies, invalidations.

moto keeps distributions without policies and asks for no ETag; `answers` takes the place of its answers.
"""

from lab.settings import Settings


def apply(settings: Settings) -> None:
    # The edge reads this package's memory from the start on; moto's part of it is loaded with the first call.
    from lab.aws.cloudfront.answers import apply as answer

    answer(settings)
