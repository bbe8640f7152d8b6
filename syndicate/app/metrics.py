"""The site in figures for Prometheus, and whether all is well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from syndicate.app.site import OpenSite
from syndicate.errors import StateError, contain
from syndicate.model import NetworkFacts

_BUCKETS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """One process' figures: durations are its own, the rest is read from the state whenever somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._publishing = Histogram(
            "syndicate_publish_seconds", "How long a publication took.", buckets=_BUCKETS, registry=self._registry
        )
        self._drawing = Histogram(
            "syndicate_card_seconds",
            "How long a publication took for each card it drew.",
            buckets=_BUCKETS,
            registry=self._registry,
        )

    def note(self, drawn: int, seconds: float) -> None:
        """A publication took so long, and drew so many cards."""
        self._publishing.observe(seconds)
        if drawn:
            self._drawing.observe(seconds / drawn)

    def render(self, site: OpenSite, now: datetime) -> tuple[bytes, str]:
        """The text and its media type."""
        asked = CollectorRegistry()
        asked.register(_State(site, now))
        return generate_latest(self._registry) + generate_latest(asked), CONTENT_TYPE_LATEST


def list_state_troubles(site: OpenSite) -> tuple[str, ...]:
    """A sentence where the state database cannot be read, or was changed by a newer version."""
    try:
        site.store.refuse_newer_schema()
    except StateError as error:
        return (str(error),)
    return ()


class _State(Collector):
    """Outbox and accounts as they are now."""

    def __init__(self, site: OpenSite, now: datetime) -> None:
        self._site = site
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures, accounts = self._site.store.count(), self._site.store.list_accounts()
        yield _gauge("deliveries", "Deliveries by account and state.", figures.deliveries.items(), "account", "state")
        yield _gauge("steps", "Steps in the trail by account and outcome.", figures.steps.items(), "account", "outcome")
        due = ((name, self._since(at)) for name, at in figures.oldest_due_at.items())
        yield _gauge("oldest_due_seconds", "How long the message waits that has been due longest.", due, "account")
        unsettled = ((name, self._since(at)) for name, at in figures.oldest_unsettled_at.items())
        yield _gauge("oldest_unsettled_seconds", "Age of the oldest call of unknown outcome.", unsettled, "account")
        resting = ((one.name, one.is_resting(self._now)) for one in accounts)
        yield _gauge("account_resting", "1 while an account is left alone after failures.", resting, "account")
        paused = ((one.name, one.is_paused(self._now)) for one in accounts)
        yield _gauge("account_paused", "1 while an account waits for a person.", paused, "account")
        yield _gauge("token_days", "Days until an account's token ends, where known.", self._ends(), "account")

    def _since(self, at: datetime) -> float:
        return max(0.0, (self._now - at).total_seconds())

    def _ends(self) -> list[tuple[str, float]]:
        facts: dict[str, NetworkFacts] = {}
        with contain(lambda _: None):  # without credentials nobody knows
            facts.update(self._site.facts_with_limits())
        ends = {name: each.expires_at for name, each in facts.items()}
        return [(name, (at - self._now).total_seconds() / 86400) for name, at in ends.items() if at]


def _gauge(
    name: str, words: str, rows: Iterable[tuple[str | tuple[str, str], float]], *labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"syndicate_{name}", words, labels=labels)
    for key, value in rows:
        family.add_metric((key,) if isinstance(key, str) else key, float(value))
    return family
