"""Logins without a browser: what the network's own pages show is pasted here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from syndicate.errors import UsageError
from syndicate.networks.base import LoginField, LoginPage


class PastedLogin:
    """The answers are the secrets; an empty answer keeps what is stored."""

    login_fields: tuple[LoginField, ...] = ()

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        return None

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The secrets to store. Raises UsageError where nothing was given."""
        return take_pasted(answers, [field.name for field in self.login_fields])


def take_pasted(answers: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Those of the answers that were given, to store as secrets. Raises UsageError where none was."""
    given = {name: value for name in names if (value := answers.get(name, "").strip())}
    if not given:
        raise UsageError("nothing was given to log in with")
    return given
