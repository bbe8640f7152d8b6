"""How long a plan takes: 1,000 posts on 8 accounts, at the first run, with nothing new, and with everything new.

    python tests/benchmarks/bench_plan.py [POSTS]

"per message" compares composing (template, hashtags, fitting to each network's count) with rendering the bare template.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from syndicate.model import Category, Ledger, Limits, NetworkFacts, Plan, Post, ScheduleRules, Snapshot
from syndicate.planning.make_plan import make_plan
from syndicate.planning.messages.template import make_message_template
from syndicate.text.counting import Counter
from tests.planning.blog import FACTS, NOW, TEMPLATE, fold, make_account, make_post, make_settings

MORE = {
    "linkedin": NetworkFacts(network="linkedin", limits=Limits(2900, Counter.UTF16), media="card"),
    "threads": NetworkFacts(network="threads", limits=Limits(500, Counter.THREADS, links=5)),
    "discord": NetworkFacts(network="discord", limits=Limits(2000, Counter.UTF16)),
}
ALL = {**FACTS, **MORE}
RULES = ScheduleRules(
    slots=("mon-fri 09:00", "sat 11:00"), timezone="Europe/Berlin", quiet="22:00-07:00", gap=timedelta(hours=2)
)
SETTINGS = make_settings(*(make_account(name, schedule=RULES) for name in ALL))
SHARE = "What nobody tells you about this is how simple it gets once the first week is over. Here is how we did it."


def make_posts(number: int) -> Snapshot:
    """Posts of the usual shape, one an hour."""
    return Snapshot(tuple(_make_post(count) for count in range(number)))


def _make_post(number: int) -> Post:
    return make_post(
        f"post-{number}",
        title=f"Post {number} about how things are",
        published_at=NOW - timedelta(hours=number + 1),
        social_share=SHARE,
        categories=(Category("Machine Learning"), Category("Tools")),
    )


def plan(snapshot: Snapshot, ledger: Ledger) -> Plan:
    """The whole plan."""
    templates = dict.fromkeys(ALL, TEMPLATE)
    return make_plan(snapshot, ledger, SETTINGS, facts=ALL, templates=templates, cards={}, now=NOW)


def measure(name: str, number: int, work: Callable[[], object]) -> float:
    """Best of three, printed."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    print(f"{name:<28}{min(times) * 1000:9.1f} ms  {min(times) / number * 1e6:8.1f} us each")
    return min(times)


def main(number: int) -> None:
    """Print the table."""
    snapshot = make_posts(number)
    settled = fold(Ledger(), plan(snapshot, Ledger()))
    fresh = replace(settled, posts=settled.posts[:1], deliveries=())
    messages = number * len(ALL)
    print(f"{number} posts, {len(ALL)} accounts")
    measure("first run (baseline)", messages, lambda: plan(snapshot, Ledger()))
    measure("nothing new", messages, lambda: plan(snapshot, settled))
    full = measure("everything new, composed", messages, lambda: plan(snapshot, fresh))
    wording = make_message_template(TEMPLATE, where="bench")
    values = {"text": SHARE, "link": "https://blog.example.com/", "hashtags": "#A #B"}
    bare = measure("template alone", messages, lambda: [wording.render(values) for _ in range(messages)])
    print(f"a planned message costs {full / bare:.1f} times its bare template")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
