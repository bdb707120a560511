"""Work of the room in the background: long reports."""

from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from reports import schedules, snapshots, spikes
from reports.periods import region_today


@app.task(name="reports.make_snapshot")
def make_snapshot(snapshot_id: int) -> None:
    snapshots.make(snapshot_id)


@app.periodic(cron="* * * * *", periodic_id="resume_snapshots")
@app.task(name="reports.resume_snapshots", queueing_lock="reports.resume_snapshots")
def resume_snapshots(timestamp: int) -> None:
    """Begin anew what a killed worker left half-made."""
    for snapshot in snapshots.stopped():
        with suppress(AlreadyEnqueued), transaction.atomic():
            lock = f"reports.make_snapshot:{snapshot.pk}"
            make_snapshot.configure(queueing_lock=lock).defer(snapshot_id=snapshot.pk)


@app.periodic(cron="*/5 * * * *", periodic_id="send_reports")
@app.task(name="reports.send_due", queueing_lock="reports.send_due")
def send_reports(timestamp: int) -> None:
    """Freeze and tell the reports people asked for by now."""
    schedules.send_due()


@app.periodic(cron="*/10 * * * *", periodic_id="watch_spikes")
@app.task(name="reports.watch_spikes", queueing_lock="reports.watch_spikes")
def watch_spikes(timestamp: int) -> int:
    """Tell the centre's coordinators of spikes of today and yesterday, once a spike."""
    return spikes.tell(region_today())
