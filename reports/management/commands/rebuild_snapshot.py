"""`rebuild_snapshot ID`: make a frozen report again from the rows and compare the hashes."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from reports import keeping, snapshots
from reports.content import differences
from reports.made.all import REPORTS
from reports.models import Snapshot


class Command(BaseCommand):
    help = "Make a frozen report again from the rows and compare it with what was frozen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int)
        parser.add_argument(
            "--verify", action="store_true", help="first compare the counters with all rows"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = Snapshot.objects.filter(pk=options["id"], state=Snapshot.State.DONE).first()
        if found is None:
            raise CommandError("There is no such frozen report.")
        edition = REPORTS[found.report].edition
        if found.edition != edition:
            raise CommandError(
                f"{found}: edition {found.edition}; today the report is made by edition {edition}."
            )
        if options["verify"] and (wrong := keeping.verify().differences):
            raise CommandError(f"{wrong} differences between rows and counters: verify_metrics")
        keeping.catch_up()
        content = snapshots.build(found)
        if content.sha256 == found.sha256:
            self.stdout.write(f"{found}: {found.sha256}")
            return
        changed = differences(json.loads(found.content), content.data)
        raise CommandError(
            f"{found}: frozen {found.sha256}, now {content.sha256}."
            f" Rows have changed since {found.at:%d.%m.%Y %H:%M}: {', '.join(changed)}"
        )
