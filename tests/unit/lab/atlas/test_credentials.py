import base64

import pytest

from lab.atlas.credentials import CLIENT_ID, CLIENT_SECRET, NONCE_SECONDS, TOKEN_SECONDS, Digest, Tokens

GRANT = "client_credentials"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


def test_a_token_is_good_for_an_hour() -> None:
    clock = Clock()
    tokens = Tokens(clock)
    token = tokens.issue(basic(CLIENT_ID, CLIENT_SECRET), GRANT)
    assert tokens.accept(f"Bearer {token}")
    clock.now += TOKEN_SECONDS - 1
    assert tokens.accept(f"Bearer {token}")
    clock.now += 1
    assert not tokens.accept(f"Bearer {token}")


def test_a_token_can_be_taken_back() -> None:
    tokens = Tokens()
    token = tokens.issue(basic(CLIENT_ID, CLIENT_SECRET), GRANT)
    tokens.forget()
    assert not tokens.accept(f"Bearer {token}")


@pytest.mark.parametrize(
    ("authorization", "grant"),
    [
        ("", GRANT),
        ("Basic !", GRANT),
        (basic(CLIENT_ID, ""), GRANT),
        (basic("", CLIENT_SECRET), GRANT),
        (basic(CLIENT_ID, CLIENT_SECRET), "password"),
    ],
)
def test_nobody_else_gets_a_token(authorization: str, grant: str) -> None:
    assert Tokens().issue(authorization, grant) is None


def test_a_digest_of_an_old_or_made_up_nonce_is_not_accepted() -> None:
    clock = Clock()
    digest = Digest(clock)
    digest.challenge()
    clock.now += NONCE_SECONDS
    made_up = 'Digest username="labqkvzr", nonce="x", uri="/", qop=auth, nc=00000001, cnonce="y", response="z"'
    assert not digest.accept(made_up, "GET", "/")
