"""The index of copies, for replies that are not in it; `--all` makes it anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from cases import families, reuse
from cases.models import Reply, ReplyPrint

CHUNK = 2000


class Command(BaseCommand):
    help = "Index replies that are not in the index of copies; an interrupted run goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="empty the index first (as owner)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("truncate cases_replyprint, cases_replykey")
        last = made = 0
        while rows := self._next(last):
            with transaction.atomic():
                reuse.add(rows)
            last, made = rows[-1].pk, made + len(rows)
        families.adopt_stored()
        self.stdout.write(f"{made} / {ReplyPrint.objects.count()}")

    def _next(self, last: int) -> list[Reply]:
        replies = Reply.objects.current().filter(pk__gt=last, print__isnull=True)
        return list(replies.only("text", "agency_id", "submitted_at").order_by("pk")[:CHUNK])
