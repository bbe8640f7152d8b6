"""What the dashboard is given: the hall as one person's desk, and the password before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.app.accounts import PASSWORD
from syndicate.app.queue import preview
from syndicate.app.site import Wiring
from syndicate.errors import ConfigError
from syndicate.model import Delivery, PlannedDelivery, Problem, Reason, Settings, State
from syndicate.templates import read_template

if TYPE_CHECKING:
    from syndicate.app.app import App
    from syndicate.app.reports import AccountRow

_SHORTEST = 8


def read_password(environ: Mapping[str, str]) -> str:
    """From SYNDICATE_DASHBOARD_PASSWORD, or the file that SYNDICATE_DASHBOARD_PASSWORD_FILE names; "" for none.

    Raises ConfigError for a file that cannot be read or is empty, and for a password that is too short.
    """
    password, path = environ.get(PASSWORD, ""), environ.get(f"{PASSWORD}_FILE", "")
    if not password and path:
        try:
            password = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("the file it names cannot be read", where=f"{PASSWORD}_FILE") from error
        if not password:
            raise ConfigError("the file it names is empty", where=f"{PASSWORD}_FILE")
    if 0 < len(password) < _SHORTEST:
        raise ConfigError(f"the password has less than {_SHORTEST} characters", where=PASSWORD)
    return password


class HallDesk:
    """The hall as a `web.desk.Desk`. `wiring` gives the rooms as they are now: a changed syndicate.toml brings new."""

    def __init__(self, app: App, wiring: Callable[[], Wiring]) -> None:
        self._app = app
        self._wiring = wiring

    @property
    def settings(self) -> Settings:
        return self._app.settings

    def now(self) -> datetime:
        return self._app.now()

    def read_template(self, name: str) -> str:
        return read_template(self.settings.root, name)

    def is_daemon_running(self) -> bool:
        return self._wiring().store.is_daemon_running()

    def find_contradiction(self) -> str:
        return self._app.find_contradiction()

    def list_waiting(self) -> tuple[Delivery, ...]:
        return self._app.list_deliveries()

    def list_sent(self, most: int) -> tuple[Delivery, ...]:
        sent = self._wiring().store.list_deliveries(states=(State.SENT,))
        return tuple(sorted(sent, key=lambda one: (one.sent_at or one.due_at, one.id), reverse=True)[:most])

    def list_of_post(self, slug: str) -> tuple[Delivery, ...]:
        return self._app.list_deliveries(slug=slug, everything=True)

    def preview(self, deliveries: Sequence[Delivery]) -> tuple[PlannedDelivery, ...]:
        return preview(self._wiring(), deliveries)

    def list_problems(self) -> tuple[Problem, ...]:
        snapshot = self._wiring().read_snapshot()
        return (*snapshot.problems, *(problem for post in snapshot.posts for problem in post.problems))

    def list_accounts(self) -> Sequence[AccountRow]:
        return self._app.list_accounts(online=False)

    def explain(self, slug: str) -> tuple[str, ...]:
        return self._app.explain(slug)

    def change(self, action: str, number: int, value: str) -> Delivery:
        (after,) = self._app.change_deliveries(action, (number,), value)
        return after

    def answer_many(self, action: str, account: str) -> int:
        held = self._wiring().store.list_deliveries(account=account, states=(State.HELD,))
        ids = tuple(one.id for one in held if one.reason is Reason.MANY_AT_ONCE and one.part == 1)
        return len(self._app.change_deliveries(action, ids))

    def check_text(self, number: int, text: str) -> None:
        self._app.check_text((number,), text)

    def keep_pass(self, kind: str, key: str, lasts: timedelta) -> None:
        self._wiring().store.keep_pass(kind, key, self.now() + lasts, self.now())

    def has_pass(self, kind: str, key: str) -> bool:
        return self._wiring().store.has_pass(kind, key, self.now())

    def take_pass(self, kind: str, key: str) -> bool:
        return self._wiring().store.take_pass(kind, key, self.now())

    def resume(self, account: str) -> None:
        self._app.resume_account(account)
