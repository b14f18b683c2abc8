"""How a due schedule reaches the lab's AWS endpoint: as any other client does, so that it is in aws-calls.jsonl."""

from collections.abc import Callable

from lab.scheduler.universal import Request
from lab.settings import Settings

SECONDS = 5
"""All parts wait while a call is made."""


def call_endpoint(settings: Settings) -> Callable[[Request], None]:
    """A function that makes a request, once. It raises ClientError or BotoCoreError."""

    def call(request: Request) -> None:
        import boto3
        from botocore import xform_name
        from botocore.config import Config

        client = boto3.client(  # type: ignore[call-overload]  # the overloads want the service as a literal
            request.service,
            endpoint_url=settings.aws_endpoint,
            region_name=settings.region,
            aws_access_key_id="scheduler",
            aws_secret_access_key="lab",  # noqa: S106  the emulator takes any
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=SECONDS, read_timeout=SECONDS, proxies={}),
        )
        getattr(client, xform_name(request.operation))(**request.parameters)

    return call
