"""The hall itself: one short method per use case."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syndicate.app.wiring import Wiring
from syndicate.config import find_config, read_settings
from syndicate.publish.report import Published

if TYPE_CHECKING:
    from syndicate.app.dashboard import HallDesk
    from syndicate.app.reports import AccountRow, Finding, Status
    from syndicate.model import Delivery, Plan, PlannedDelivery, Settings
    from syndicate.networks.base import LogsIn
    from syndicate.planning.aftercare import Amendment
    from syndicate.planning.post import ManualPlan

# Use cases import the rooms they need: `publish` with nothing to do must not pay for the networks.
# ruff: noqa: PLC0415

log = logging.getLogger("syndicate")


def open_app(config: Path | None = None) -> App:
    """The hall of the nearest syndicate.toml, or of the given one."""
    return App(config or find_config(Path.cwd()))


class App:
    """Use cases of one site. Threads may share it; close it, or use it as a context manager."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._wiring = Wiring(read_settings(config))
        self._publishing = threading.Lock()
        self._own_writes: dict[Path, int] = {}

    def __enter__(self) -> App:
        return self

    def __exit__(self, *exc: object) -> None:
        self._wiring.close()
        if "store" in vars(self._wiring):
            self._wiring.store.close()

    @property
    def settings(self) -> Settings:
        return self._wiring.settings

    def now(self) -> datetime:
        return datetime.now(UTC)

    # --- publishing -------------------------------------------------------------------------------------------

    def publish(self, *, only: str = "", progress: Callable[[int, int], None] = lambda _done, _all: None) -> Published:
        """Write what changed. `only` is "feeds", "cards" or "" for everything."""
        stamp, now = self._wiring.stamp, self.now()
        with self._publishing:
            if not only and stamp.is_current(stamp.make(), now):
                return Published(where=self.settings.storage.publish_to, problems=stamp.read_problems())
            return self._publish(only, now, progress)

    def _publish(self, only: str, now: datetime, progress: Callable[[int, int], None]) -> Published:
        from syndicate.publish.corridor import publish, publish_cards, publish_feeds

        rooms = self._wiring.rooms
        if only == "cards":
            return publish_cards(rooms, now, progress=progress)
        if only == "feeds":
            return publish_feeds(rooms, now)
        published = publish(rooms, now, progress=progress)
        self._write_timeline()
        return published

    def make_plan(self) -> Plan:
        """What would happen now; changes nothing."""
        from syndicate.publish.corridor import read_plan

        return read_plan(self._wiring.rooms, self.now())

    def preview_waiting(self) -> tuple[PlannedDelivery, ...]:
        """What waits in the outbox, with its text as it would be sent now."""
        from syndicate.app.previews import preview_waiting

        return preview_waiting(self._wiring)

    # --- delivering -------------------------------------------------------------------------------------------

    def deliver_due(self, *, only: tuple[int, ...] = ()) -> tuple[Delivery, ...]:
        """Send what is due now, settle what is uncertain; returns everything that was touched."""
        from syndicate.app.sending import make_tools
        from syndicate.deliver import deliver_due

        report = deliver_due(make_tools(self._wiring), only=only)
        if report.sent:
            self._wiring.stamp.forget()
            self._write_timeline()
            self._write_back(report.sent)
        return report.results

    def _write_back(self, sent: tuple[Delivery, ...]) -> None:
        """The links of what was just sent, into the posts' own front matter, where that is asked for."""
        from syndicate.app.writing import write_back

        if self.settings.write_back:
            self._own_writes |= write_back(self._wiring, sent)

    def is_news(self, path: Path) -> bool:
        """Whether a changed file was changed by somebody else than us."""
        written = self._own_writes.get(path)
        return written is None or not path.exists() or path.stat().st_mtime_ns != written

    def plan_post(self, slug: str, *, to: tuple[str, ...], at: str, text: str, again: bool) -> ManualPlan:
        """A message by hand, planned. Raises UsageError for an unknown slug, account or time, or a second time."""
        from syndicate.app.posting import plan_post

        return plan_post(self._wiring, slug, to=to, at=at, text=text, again=again, now=self.now())

    def post(self, planned: ManualPlan) -> tuple[Delivery, ...]:
        """Put the planned message into the outbox and send what is due now; returns the deliveries."""
        from syndicate.app.posting import put_into_outbox

        ids = put_into_outbox(self._wiring, planned, self.now())
        self.deliver_due(only=ids)
        self.publish()
        return tuple(self._wiring.store.get_delivery(number) for number in ids)

    def list_deliveries(self, *, account: str = "", slug: str = "", everything: bool = False) -> tuple[Delivery, ...]:
        """The outbox by time: what waits, or everything."""
        from syndicate.app.desk import WAITING

        return self._wiring.store.list_deliveries(account=account, slug=slug, states=() if everything else WAITING)

    def change_deliveries(self, action: str, ids: tuple[int, ...], value: str = "") -> tuple[Delivery, ...]:
        """A person's action on deliveries: hold, release, cancel, retry, move, edit, settle_sent, settle_not_sent."""
        from syndicate.app.desk import change_delivery

        self._wiring.stamp.forget()  # a settled copy belongs into syndication.json
        return tuple(change_delivery(self._wiring, action, number, value, self.now()) for number in ids)

    def read_status(self) -> Status:
        from syndicate.app.desk import read_status

        return read_status(self._wiring)

    def explain(self, slug: str) -> tuple[str, ...]:
        """The whole story of a post. Raises UsageError where nothing is known of it."""
        from syndicate.planning.why import explain

        store = self._wiring.store
        known = next((row for row in store.read_ledger().posts if row.slug == slug), None)
        deliveries = store.list_deliveries(post_id=known.id) if known else ()
        trails = {one.id: store.list_attempts(one.id) for one in deliveries}
        zone = ZoneInfo(self.settings.site.timezone)
        return explain(slug, self.make_plan(), known, deliveries, trails, zone=zone)

    # --- looking after ----------------------------------------------------------------------------------------

    def examine(self, *, online: bool) -> tuple[Finding, ...]:
        from syndicate.app.examining import examine

        return examine(self._wiring, self.make_plan(), online=online)

    def list_accounts(self, *, online: bool) -> tuple[AccountRow, ...]:
        from syndicate.app.logins import list_accounts

        return list_accounts(self._wiring, online=online, now=self.now())

    def resume_account(self, name: str) -> None:
        self._wiring.store.resume_account(self._wiring.accounts.get(name).name)

    def open_login(self, account: str) -> LogsIn:
        return self._wiring.accounts.open_for_login(self._wiring.accounts.get(account))

    def store_login(self, account: str, secrets: Mapping[str, str]) -> str:
        from syndicate.app.logins import store_login

        return store_login(self._wiring, account, secrets)

    def look_after(self) -> tuple[str, ...]:
        """Renew tokens, read limits, ping hubs, edit and remove by policy; returns lines for the log."""
        from syndicate.app.tending import look_after
        from syndicate.planning.aftercare import choose_automatic

        amended = self.amend(choose_automatic(self.list_amendments()))
        return (*look_after(self._wiring, self.now()), *amended)

    def list_amendments(self) -> tuple[Amendment, ...]:
        """Edits and removals of published messages that the accounts' policies ask for."""
        from syndicate.app.amending import list_amendments

        return list_amendments(self._wiring, self.now())

    def amend(self, amendments: tuple[Amendment, ...]) -> tuple[str, ...]:
        """Carry out edits and removals; returns a line for each."""
        from syndicate.app.amending import amend

        lines = tuple(amend(self._wiring, amendments, self.now()))
        if lines:
            self._wiring.stamp.forget()
            self._write_timeline()
        return lines

    def adopt(self, account: str) -> tuple[tuple[str, str], ...]:
        """Copies found on the account itself, recorded as sent: (slug, URL)."""
        from syndicate.app.logins import adopt

        adopted = adopt(self._wiring, account, self.now())
        self._wiring.stamp.forget()
        return adopted

    def draw_cards(self, slugs: tuple[str, ...]) -> tuple[Finding, ...]:
        from syndicate.app.picturing import draw_cards

        return draw_cards(self._wiring, slugs, self.now())

    def check_cards(self, slugs: tuple[str, ...]) -> tuple[Finding, ...]:
        from syndicate.app.picturing import check_cards

        return check_cards(self._wiring, slugs, self.now())

    def write_card_sheet(self, slugs: tuple[str, ...], path: Path) -> None:
        from syndicate.app.picturing import write_sheet

        write_sheet(self._wiring, slugs, path, self.now())

    # --- running ----------------------------------------------------------------------------------------------

    def lock_daemon(self) -> AbstractContextManager[None]:
        """Held while a daemon works on this state; raises AlreadyRunning where another one does."""
        return self._wiring.store.lock_daemon()

    def make_desk(self) -> HallDesk:
        """What the dashboard is given."""
        from syndicate.app.dashboard import HallDesk

        return HallDesk(self, lambda: self._wiring)

    def reload(self) -> bool:
        """Take up a changed syndicate.toml; returns whether it changed. A broken one raises and changes nothing."""
        settings = read_settings(self._config)
        if settings.digest == self.settings.digest:
            return False
        fresh, old = Wiring(settings), self._wiring
        fresh.keep_store(old)
        self._wiring = fresh
        old.close()
        return True

    def _write_timeline(self) -> None:
        from syndicate.app.timeline import write_timeline

        write_timeline(self._wiring)
