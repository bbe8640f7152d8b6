"""Logins without a browser: what the network's own pages show is pasted here."""

from __future__ import annotations

from collections.abc import Mapping

from syndicate.errors import UsageError
from syndicate.networks.base import LoginField, LoginPage


class PastedLogin:
    """The answers are the secrets; an empty answer keeps what is stored."""

    login_fields: tuple[LoginField, ...] = ()

    def begin_login(self, answers: Mapping[str, str], *, redirect: str) -> LoginPage | None:
        return None

    def finish_login(self, answers: Mapping[str, str], page: LoginPage | None, code: str) -> Mapping[str, str]:
        """The secrets to store. Raises UsageError where nothing was given."""
        given = {field.name: answers.get(field.name, "").strip() for field in self.login_fields}
        if not any(given.values()):
            raise UsageError("nothing was given to log in with")
        return {name: value for name, value in given.items() if value}
