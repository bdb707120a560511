"""Tasks of the worker in words, and their schedules."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

TASKS = {
    "cases.remind": _lazy("Warnings, ends of terms, escalation"),
    "cases.recount": _lazy("Recount of running terms"),
    "cases.fold_counts": _lazy("Adding up the counts of tabs"),
    "cases.close_surveys": _lazy("Closing after the survey"),
    "cases.resume_plans": _lazy("Planned works back into work"),
    "cases.mind_promises": _lazy("Promised days"),
    "cases.end_waitings": _lazy("Questions to citizens that were not answered"),
    "cases.check_calendars": _lazy("Calendar of the next year"),
    "cases.mind_templates": _lazy("Templates that expire"),
    "cases.plan_again": _lazy("New plan after a change of the ladder"),
    "cases.rehearse": _lazy("Rehearsal of a change of terms"),
    "cases.draw_samples": _lazy("Random sample for review"),
    "cases.find_orphans": _lazy("Cases nobody living holds"),
    "cases.hand_over_rest": _lazy("Handing over many cases"),
    "cases.resume_handovers": _lazy("Handovers that were interrupted"),
    "cases.bulk_rest": _lazy("Moves of many chosen cases"),
    "cases.resume_bulk": _lazy("Moves of many cases that were interrupted"),
    "cases.check_backlog": _lazy("Check of replies that came without one"),
    "cases.count_formulas": _lazy("Sentences that agencies repeat"),
    "cases.renew_families": _lazy("Texts that repeat, by families"),
    "cases.count_replies": _lazy("Counting words of replies again"),
    "cases.drop_rare_sentences": _lazy("Forgetting sentences met once"),
    "cases.send_event_replies": _lazy("Replies to the members of mass events"),
    "reports.watch_spikes": _lazy("Spikes of messages"),
    "cases.forget_prints": _lazy("Forgetting prints of old messages"),
    "cases.forget_traces": _lazy("Forgetting traces of presence and old drafts"),
    "notices.day_figures": _lazy("Figures of the day for the head's office"),
    "notices.forget": _lazy("Forgetting old notices"),
    "intake.look_at_batch": _lazy("Look at an uploaded file"),
    "intake.run_batch": _lazy("Import of a file"),
    "intake.undo_batch": _lazy("Undoing an import"),
    "intake.resume_stopped": _lazy("Imports that were interrupted"),
    "intake.forget_files": _lazy("Forgetting files of imports"),
    "intake.make_export": _lazy("Export of cases"),
    "intake.resume_exports": _lazy("Exports that were interrupted"),
    "reports.make_snapshot": _lazy("Making a long report"),
    "reports.resume_snapshots": _lazy("Reports that were interrupted"),
    "reports.send_due": _lazy("Reports by mail"),
    "portal.retry_stalled": _lazy("Jobs of a worker that was killed"),
    "portal.remove_old": _lazy("Forgetting old jobs"),
    "portal.forget_keys": _lazy("Forgetting keys of calls made over the API"),
}


def word_task(name: str) -> str:
    return str(TASKS.get(name, name))


def word_cron(cron: str) -> str:
    """«каждые 10 минут», «каждый день в 03:17»; another schedule as it is written."""
    minute, hour, *rest = cron.split()
    if rest != ["*", "*", "*"]:
        return cron
    if hour == "*" and minute == "*":
        return _("every minute")
    if hour == "*" and minute.startswith("*/"):
        n = int(minute[2:])
        return ngettext("every %(n)s minute", "every %(n)s minutes", n) % {"n": n}
    if hour == "*" and minute.isdecimal():
        return _("every hour")
    if hour.isdecimal() and minute.isdecimal():
        return _("every day at %(time)s UTC") % {"time": f"{int(hour):02}:{int(minute):02}"}
    return cron


def word_warning(warning: dict[str, object]) -> str:
    text = {
        "calendar_missing": _(
            "There is no production calendar for %(year)s: terms cannot be counted"
        ),
        "calendar_unconfirmed": _(
            "The calendar of %(year)s is a forecast: check it against the decree"
        ),
    }[str(warning["code"])]
    return text % {"year": warning["year"]}
