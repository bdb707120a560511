"""Replies of the demo's history: each goes through the real check, with those before it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from agencies.models import Agency, User
from cases import checking, reuse
from cases.bulk import take_ids
from cases.demo.rows import Batch
from cases.models import Case, Reply
from quality import EarlierReply, Thresholds
from quality.memory import MemoryIndex
from quality.prints import make_print


class Replies:
    """What was sent so far, in the order of time."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._index = MemoryIndex()
        self._rows: dict[str, Reply] = {}
        self._families: dict[str, int] = {}
        self._family_sizes: Counter[int] = Counter()
        self._ids: Iterator[int] = iter(())

    def add(
        self,
        case: Case,
        item: dict[str, Any],
        agency: Agency,
        author: User,
        version: int,
        at: datetime,
    ) -> Reply:
        reply = Reply(
            pk=self._next_id(),
            case_id=case.pk,
            agency=agency,
            author=author,
            author_name=str(author),
            kind=item.get("kind", "final"),
            state=Reply.State.APPROVAL,
            outcome=item.get("outcome", ""),
            text=item["text"],
            version=version,
            submitted_at=at,
        )
        earlier = [
            reply_before
            for reply_before in self._index.candidates(item["text"])
            if self._rows[reply_before.key].case_id != case.pk
        ]
        known = reuse.Found(earlier, self._index.formulas_of(item["text"]))
        if earlier:
            known.times = self._family_sizes[self._families[earlier[0].key]]
        if case.event and reuse.explains(case.event, case, timezone.localtime(at).date()):
            known.approved = (case.event.approved_text,)
        situation = checking.values_of(
            case,
            self._batch.messages[-1].text,
            item["text"],
            kind=reply.kind,
            replied_at=at,
            found=known,
        )
        found = checking.assessed(situation, known, Thresholds())
        checking.take_over(reply, found)
        reply.state = Reply.State.REVIEW if found.flagged else Reply.State.APPROVAL
        case.risk, case.flagged, case.outcome = found.risk, found.flagged, reply.outcome
        case.submitted_at = at
        self._batch.replies.append(reply)
        self._batch.findings += checking.finding_rows(reply, found)
        key = reuse.attached_to(found)
        family = self._families[key] if key else reply.pk
        self._families[str(reply.pk)] = family
        self._family_sizes[family] += 1
        self._batch.prints.append(reuse.print_row(reply, make_print(reply.text), family))
        self._index.add(
            EarlierReply(key=str(reply.pk), text=reply.text, agency=str(agency.pk), sent_at=at)
        )
        self._rows[str(reply.pk)] = reply
        return reply

    def _next_id(self) -> int:
        found = next(self._ids, None)
        if found is None:
            self._ids = iter(take_ids(Reply, 500))
            found = next(self._ids)
        return found
