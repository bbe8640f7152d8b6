"""The shared reading of answers: which error a status is, when to come back, what to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.errors import Blocked, Gone, PaymentRequired, RateLimited, Rejected, Unauthorised, Unavailable, Uncertain
from syndicate.http import Response
from syndicate.networks.toolkit import error_of, hide, parse_moment, retry_at_of, words_of
from tests.networks.case import NOW


def answer(status: int = 400, body: str = "", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, body.encode(), "https://net.example/secret", NOW)


@pytest.mark.parametrize(
    ("status", "on_publish", "on_read"),
    [
        (302, Blocked, Blocked),
        (400, Rejected, Rejected),
        (401, Unauthorised, Unauthorised),
        (402, PaymentRequired, PaymentRequired),
        (403, Rejected, Rejected),
        (404, Rejected, Gone),
        (410, Rejected, Gone),
        (408, Uncertain, Unavailable),
        (413, Rejected, Rejected),
        (422, Rejected, Rejected),
        (429, RateLimited, RateLimited),
        (500, Uncertain, Unavailable),
        (502, Uncertain, Unavailable),
        (503, Uncertain, Unavailable),
        (504, Uncertain, Unavailable),
        (200, Uncertain, Unavailable),
    ],
)
def test_a_status_alone_decides_the_class(status: int, on_publish: type, on_read: type) -> None:
    """Only on the irreversible call may a server error hide a published post."""
    assert type(error_of(answer(status), account="mine", publishes=True)) is on_publish
    assert type(error_of(answer(status), account="mine", publishes=False)) is on_read


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("120", NOW + timedelta(seconds=120)),
        ("0.35", NOW + timedelta(seconds=0.35)),
        ("Tue, 24 Nov 2026 10:00:00 GMT", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T09:05:00.000Z", datetime(2026, 11, 24, 9, 5, tzinfo=UTC)),
        ("2026-11-24T10:05:00+01:00", datetime(2026, 11, 24, 9, 5, tzinfo=UTC)),
        ("2026-11-24 09:05:00", datetime(2026, 11, 24, 9, 5, tzinfo=UTC)),
        ("1795511100", datetime.fromtimestamp(1795511100, UTC)),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
    ],
)
def test_every_spelling_of_a_moment_is_read(text: str, moment: datetime | None) -> None:
    """Seconds, HTTP dates, ISO 8601 and Unix time become aware UTC; anything else is None."""
    assert parse_moment(text, NOW) == moment


@given(st.text())
def test_no_header_text_breaks_the_reading_of_a_moment(text: str) -> None:
    """Whatever a server writes, the result is None or aware UTC."""
    found = parse_moment(text, NOW)
    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("headers", "moment"),
    [
        ({"retry_after": "60", "x_ratelimit_reset": "1795511100"}, NOW + timedelta(seconds=60)),
        ({"x_ratelimit_reset": "2026-11-24T09:05:00.000Z"}, NOW + timedelta(minutes=5)),
        ({"ratelimit_reset": "1795511100"}, datetime.fromtimestamp(1795511100, UTC)),
        ({"x_rate_limit_reset": "1795511100"}, datetime.fromtimestamp(1795511100, UTC)),
        ({"x_ratelimit_reset_after": "1.5"}, NOW + timedelta(seconds=1.5)),
        ({"x_ratelimit_reset": "1000000000"}, NOW),
        ({}, None),
    ],
)
def test_retry_after_wins_over_reset_headers(headers: dict[str, str], moment: datetime | None) -> None:
    """The more explicit header decides, and no moment lies in the past."""
    assert retry_at_of(answer(429, **headers)) == moment


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error": "Too long"}', "Too long"),
        ('{"error": {"message": "Bad token", "code": 190}}', "Bad token"),
        ('{"errors": [{"message": "one"}, {"message": "two"}]}', "one; two"),
        ('{"title": "Forbidden", "detail": "duplicate content"}', "duplicate content"),
        ('"plain"', "plain"),
        ("<html><style>p{}</style><body><h1>Bad\n gateway</h1></body></html>", "Bad gateway"),
        ("", "no explanation"),
        ('{"ok": false}', '{"ok": false}'),
        ("[" * 500 + '"deep"' + "]" * 500, "[" * 500),
    ],
)
def test_words_are_found_in_every_shape_of_error(body: str, words: str) -> None:
    """JSON of any nesting, pages and emptiness give one plain line."""
    assert words_of(answer(body=body)) == words


def test_words_are_short_and_without_secrets() -> None:
    """A server that echoes credentials is not believed to be discreet."""
    said = words_of(
        answer(body='{"error": "token s3cr3t/x (s3cr3t%2Fx) in Bearer abcdefgh12345 ' + "x" * 900 + '"}'), ["s3cr3t/x"]
    )
    assert "s3cr3t" not in said
    assert "abcdefgh12345" not in said
    assert len(said) == 500


def test_hiding_leaves_ordinary_text_alone() -> None:
    """An empty secret hides nothing, and words about credentials are none."""
    assert hide("the bearer of news", ["", "zzz"]) == "the bearer of news"
    assert hide("use basic authentication", []) == "use basic authentication"


def test_credentials_of_a_header_are_hidden() -> None:
    """A server that repeats our header shows neither a token nor the packed name and password of an application."""
    assert hide("got Bearer abcdefgh12345", []) == "got Bearer …"
    assert hide("got Basic Y2xpZW50OnNlY3JldA==, sorry", []) == "got Basic …, sorry"


def test_secrets_that_an_answer_names_are_hidden() -> None:
    """A server that hands out tokens and calls that an error gives away none: nobody knows them yet."""
    said = words_of(answer(403, body='{"accessJwt": "head.body.sign", "refresh_token":"abc", "did": "did:plc:fox"}'))
    assert said == '{"accessJwt": "…", "refresh_token":"…", "did": "did:plc:fox"}'


def test_a_redirect_to_nonsense_is_still_a_redirect() -> None:
    """A server may write anything into its header."""
    error = error_of(answer(302, location="http://[bad"), account="mine", publishes=True)
    assert type(error) is Blocked


def test_a_redirect_names_only_the_host() -> None:
    """The path of a redirect may carry a token, so the hint shows the host alone."""
    error = error_of(answer(301, location="https://new.example/bot123:TOKEN/x"), account="mine", publishes=True)
    assert "new.example" in error.hint
    assert "TOKEN" not in str(error)
