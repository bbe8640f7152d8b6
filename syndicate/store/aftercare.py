"""Published messages that were changed afterwards."""

from __future__ import annotations

from datetime import datetime

from syndicate.model import Delivery, Message, Reason, Receipt, State
from syndicate.store.part import Part
from syndicate.store.transitions import Step, change, move


class Aftercare(Part):
    """What edits and removals leave behind. A removed message stays sent, so that it is never sent again."""

    def keep_sent_message(self, delivery: Delivery, message: Message) -> Delivery:
        """Remember another message as the one that was sent, where readers could not tell the two apart."""
        with self._database.writing() as connection:
            return change(connection, delivery, message=message)

    def record_edit(self, delivery: Delivery, message: Message, receipt: Receipt, now: datetime) -> Delivery:
        """Keep the new text beside the receipt; what the network left undone stands in the trail."""
        step = Step("edit", "edited", now, detail=receipt.remark)
        with self._database.writing() as connection:
            why = {"reason": Reason.EDITED, "detail": receipt.url}
            return move(connection, delivery, State.SENT, step, message=message, receipt=receipt, **why)

    def record_removal(self, delivery: Delivery, now: datetime) -> Delivery:
        """Forget the receipt: there is no copy any more."""
        step = Step("delete", "removed", now)
        with self._database.writing() as connection:
            return move(connection, delivery, State.SENT, step, receipt=None, reason=Reason.REMOVED, detail="")
