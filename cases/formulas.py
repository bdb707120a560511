"""Formulas: sentences many unlike replies have. Counted by the worker, never while one writes.

Only replies that copy nobody are counted, each sentence once a reply: the copies of a template
do not make its sentences formulas.
"""

from collections import Counter
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from cases.models import Formula, FormulaMark, Reply
from quality.masks import masked

KEPT = timedelta(days=180)
_ADD = """
insert into cases_formula as f (hash, families, seen_on)
select * from unnest(%s::bigint[], %s::int[], %s::date[])
on conflict (hash) do update set families = f.families + excluded.families,
    seen_on = greatest(f.seen_on, excluded.seen_on)
"""


@transaction.atomic
def count_some(limit: int = 1000) -> int:
    """Count the sentences of up to `limit` further replies; how many were looked at.

    Replies come in the order of their numbers and wait for their check: what is not checked yet
    may be a copy.
    """
    mark, _ = FormulaMark.objects.select_for_update().get_or_create(pk=1)
    replies = Reply.objects.filter(pk__gt=mark.last_reply).order_by("pk")
    waiting = replies.unchecked().aggregate(first=Min("pk"))["first"]
    if waiting is not None:
        replies = replies.filter(pk__lt=waiting)
    rows = list(replies.values_list("pk", "text", "state", "similarity")[:limit])
    if not rows:
        return 0
    counts: Counter[int] = Counter()
    for _pk, text, state, similarity in rows:
        if not similarity and state not in {Reply.State.RETURNED, Reply.State.WITHDRAWN}:
            counts.update(set(masked(text).sentences.values()))
    hashes = sorted(counts)
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [hashes, [counts[value] for value in hashes], [today] * len(hashes)])
    mark.last_reply = rows[-1][0]
    mark.save()
    return len(rows)


def drop_rare() -> int:
    """Forget sentences met once that have not come again for half a year; how many."""
    old = Formula.objects.filter(families=1, seen_on__lt=timezone.localdate() - KEPT)
    return old.delete()[0]
