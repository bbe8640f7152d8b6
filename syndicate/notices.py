"""Tell the person when something is broken: by a command, a webhook or an e-mail, whichever are configured."""

from __future__ import annotations

import os
import shlex
import smtplib
import ssl
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import orjson

from syndicate.errors import SyndicateError, contain
from syndicate.http import Client
from syndicate.model import Notices
from syndicate.processes import clean_environment

COMMAND_SECONDS = 30
MAIL_SECONDS = 30
MAIL_SERVER = "SYNDICATE_SMTP_URL"
"""smtp://host, or smtps://user:password@host:465 (also smtp+starttls://…); without it localhost is asked."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    ACCOUNT = "account"
    """Paused, failing for hours, or its token ends soon."""
    DELIVERY = "delivery"
    """Failed, held, unknown."""
    QUESTION = "question"
    """New posts of which a person must say whether they are news."""
    STATE = "state"
    """Nothing is sent: the state does not know everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What broke."""

    kind: NoticeKind
    account: str
    subject: str
    """One line."""
    text: str
    at: datetime
    delivery_id: int = 0
    slug: str = ""


Send = Callable[[Notice, str, Client, Mapping[str, str]], None]
"""Sends a notice one way; the second value is what [notices] says of that way."""


def send_notice(
    notice: Notice, ways: Notices, http: Client, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Send it by every configured way; returns what went wrong, one sentence a way. No broken way raises."""
    troubles = (_try(WAYS[name], notice, value, http, environ) for name, value in list_ways(ways).items())
    return tuple(trouble for trouble in troubles if trouble)


def list_ways(ways: Notices) -> Mapping[str, str]:
    """The configured ones of WAYS, with what the settings say of each."""
    return {name: value for name in WAYS if (value := getattr(ways, name))}


def _try(send: Send, notice: Notice, value: str, http: Client, environ: Mapping[str, str]) -> str:
    said: list[str] = []
    with contain(lambda error: said.append(_describe(error))):
        send(notice, value, http, environ)
    return "".join(said)


def _describe(error: Exception) -> str:
    """Without the texts of others, which may repeat an address that is a secret."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"the notice command ended with exit code {error.returncode} (it runs without a shell)"
    return error.message if isinstance(error, SyndicateError) else f"notice not sent: {type(error).__name__}"


def _run_command(notice: Notice, command: str, _http: Client, environ: Mapping[str, str]) -> None:
    """The notice as JSON on standard input, its parts in SYNDICATE_NOTICE_… variables; no shell, no secret."""
    told = {
        "SYNDICATE_NOTICE_KIND": notice.kind,
        "SYNDICATE_NOTICE_ACCOUNT": notice.account,
        "SYNDICATE_NOTICE_SUBJECT": notice.subject,
        "SYNDICATE_NOTICE_TEXT": notice.text,
    }
    subprocess.run(  # noqa: S603 - the person's own words, split without a shell
        shlex.split(command),
        input=_render(notice),
        env=clean_environment(environ) | told,
        timeout=COMMAND_SECONDS,
        check=True,
        capture_output=True,
    )


def _post_webhook(notice: Notice, url: str, http: Client, _environ: Mapping[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    answer = http.call("POST", url, content=_render(notice), headers=headers, where="[notices] webhook")
    if not answer.is_success:
        raise SyndicateError(f"the notice webhook answered {answer.status}")


def _send_mail(notice: Notice, address: str, _http: Client, environ: Mapping[str, str]) -> None:
    mail = EmailMessage()
    mail["To"] = address
    mail["From"] = environ.get("SYNDICATE_SMTP_FROM", address)
    mail["Subject"] = f"syndicate: {' '.join(notice.subject.split())}"
    mail.set_content(notice.text)
    parts = urlsplit(environ.get(MAIL_SERVER, "smtp://localhost"))
    host, port, checked = parts.hostname or "localhost", parts.port or 0, ssl.create_default_context()
    if parts.scheme == "smtps":
        opened: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=MAIL_SECONDS, context=checked)
    else:
        opened = smtplib.SMTP(host, port, timeout=MAIL_SECONDS)
    with opened as server:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=checked)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _render(notice: Notice) -> bytes:
    return orjson.dumps(asdict(notice))


WAYS: Mapping[str, Send] = {"command": _run_command, "webhook": _post_webhook, "email": _send_mail}
"""By their key in [notices]."""
