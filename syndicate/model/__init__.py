"""The nouns: frozen values that travel between rooms. No behaviour beyond what the values themselves mean."""

# fmt: off
# ruff: noqa: I001 - a table of names
from syndicate.model.delivery import (
    Attachment, Attempt, Counted, Decision, Delivery, Limits, Message, NetworkFacts, Reactions, Receipt, Usage,
    needs_person,
)
from syndicate.model.feed import (
    EXTRA_NAMESPACES, FEED_FILES, FEED_FORMATS, ON_DISK, SYNDICATION, TIMELINE, TIMELINE_PAGE, Artefact, CardRef,
    Enclosure, Entry, Feed, FeedFormatName, PictureFacts, PublishedFile, SeenEntry, SeenFeed, SyndicationLink,
    find_feed_format, fingerprint,
)
from syndicate.model.plan import (
    NO_PICTURE, Identified, KnownDelivery, KnownDraft, KnownPost, Ledger, OwnPicture, Plan, PlannedChange,
    PlannedDelivery, Remark,
)
from syndicate.model.post import (
    Author, Awaited, Category, Credit, Finding, LeftOut, MediaFile, Picture, Post, Problem, Repair, Snapshot,
    SocialOverride, gather_problems, make_problem, make_sketch, measure_likeness, read_sketch, unique_problems,
)
from syndicate.model.reason import (
    ACTIONS, ASIDE, COMING, ENDED, FEATURED, NEW, OUT, TRANSITIONS, UNSENT, WAITING, Action, Occasion, OccasionKind,
    Reason, State, Why, can_move, refuse,
)
from syndicate.model.settings import (
    OWN_PICTURE, SQUARE, Account, Cache, CardRules, ContentRules, FeedRules, Habits, Notices, ScheduleRules, Settings,
    Site, Storage, is_own_picture, shout, variable_of,
)
