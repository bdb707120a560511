"""Words for what is found in imported files and rows; the codes come from `intake.problems`."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from intake.columns import Unknown
from intake.problems import NotATable, Problem

ROW_WORDS: dict[str, str] = {
    "missing_text": gettext_noop("There is no text"),
    "broken_line": gettext_noop("The line cannot be cut into cells: check quotes and separators"),
    "too_long": gettext_noop("The text has %(length)s characters, at most %(limit)s are taken"),
    "missing_date": gettext_noop("There is no date"),
    "bad_date": gettext_noop("There is no such date. Write it like 25.03.2026 09:39"),
    "future_date": gettext_noop("The date %(value)s has not come yet"),
    "ancient_date": gettext_noop("The date %(value)s is before the year 2000"),
    "missing_source": gettext_noop("It is not said where the message comes from"),
    "unknown_source": gettext_noop("The source “%(value)s” is not known. Choose a channel"),
    "missing_id": gettext_noop(
        "There is no id, and neither an address nor an incident number to replace it"
    ),
    "bad_id": gettext_noop("This is not an id"),
    "rounded_id": gettext_noop("The spreadsheet rounded the id. Copy it from the source as text"),
    "duplicate_id": gettext_noop("Id %(id)s is already in this file with other content"),
    "extra_cells": gettext_noop(
        "There are more cells than columns in the header (%(header)s): the row may be shifted"
    ),
    "derived_id": gettext_noop(
        "There was no id, it is made from the address or the number: %(value)s"
    ),
    "markup": gettext_noop("HTML markup is removed"),
    "formula": gettext_noop("It looks like a formula and is kept as plain text"),
    "control_characters": gettext_noop("Invisible characters are removed"),
    "broken_characters": gettext_noop(
        "Some characters are damaged. Check the encoding of the file"
    ),
    "cut": gettext_noop("The value is cut to %(limit)s characters"),
    "bad_moment": gettext_noop("This is not a moment, the value is left out"),
    "bad_duration": gettext_noop("This is not a duration, the value is left out"),
    "bad_number": gettext_noop("This is not a number, the value is left out"),
    "bad_url": gettext_noop("This is not an address on the web, the value is left out"),
    "bad_flag": gettext_noop("Neither “yes” nor “no”, the value is left out"),
    "house_as_date": gettext_noop(
        "The spreadsheet turned the house number into a date, the value is left out"
    ),
    "unknown_step": gettext_noop("The step “%(value)s” is not known, the value is left out"),
    "unknown_kind": gettext_noop("The kind “%(value)s” is not known, the value is left out"),
    "unknown_regime": gettext_noop(
        "The regime “%(value)s” is not known, the source's one is taken"
    ),
    "unknown_outcome": gettext_noop("The outcome “%(value)s” is not known, the value is left out"),
    "reply_too_early": gettext_noop("The reply is earlier than the message, its time is left out"),
    "coordinates_swapped": gettext_noop("Latitude and longitude were swapped and are put right"),
    "coordinates_out_of_range": gettext_noop(
        "These are not coordinates in Russia, they are left out"
    ),
    "coordinates_incomplete": gettext_noop("Only one of two coordinates is given, it is left out"),
}
FILE_WORDS: dict[str, str] = {
    "empty": gettext_noop("The file is empty"),
    "pdf": gettext_noop("This is a PDF, not a table. Save the table as xlsx or csv"),
    "image": gettext_noop("This is a picture, not a table. Choose an xlsx or csv file"),
    "html": gettext_noop(
        "This is a web page, not a table. Open it in a spreadsheet and save it as xlsx"
    ),
    "json": gettext_noop("This is JSON, not a table. Choose an xlsx or csv file"),
    "xml": gettext_noop("This is XML, not a table. Choose an xlsx or csv file"),
    "archive": gettext_noop("This is an archive. Unpack it and choose the table inside"),
    "document": gettext_noop("This is a text document, not a table. Choose an xlsx or csv file"),
    "old_workbook": gettext_noop("A table in the format %(format)s is not read. Save it as xlsx"),
    "password": gettext_noop(
        "The table is protected with a password. Remove it and save the file again"
    ),
    "damaged": gettext_noop("The file is damaged or not fully loaded. Download it again"),
    "binary": gettext_noop("This is not a table. Choose an xlsx or csv file"),
    "single_column": gettext_noop(
        "The text has no columns: commas, semicolons or tabs must separate them"
    ),
    "no_rows": gettext_noop("The table has a header and no rows below it"),
    "too_large": gettext_noop("The file is too large, at most %(limit)s MB are read"),
    "too_many_columns": gettext_noop(
        "The table has more than %(limit)s columns. Delete the ones on the right"
    ),
    "too_many_rows": gettext_noop("The table has more than %(limit)s rows. Divide it"),
    "unreadable": gettext_noop(
        "The file could not be read: it is damaged or too large for the memory. Divide it or save"
        " it as csv"
    ),
    "lost": gettext_noop("The import stopped and its file is gone. Import the file again"),
    "stopped": gettext_noop(
        "The import stopped because of an error. What is loaded is kept, it can go on"
    ),
    "no_header": gettext_noop("The columns are not recognised. Say what each of them means"),
}
FIELD_WORDS: dict[str, str] = {
    "regime": gettext_noop("Regime"),
    "fast_track": gettext_noop("Fast track"),
    "incoming_number": gettext_noop("Incoming number"),
    "appeal_registered_at": gettext_noop("Registered on"),
    "migration": gettext_noop("Migration law"),
    "cabinet": gettext_noop("Cabinet"),
    "external_id": gettext_noop("Id of the message"),
    "incident_number": gettext_noop("Incident number"),
    "agency": gettext_noop("Agency"),
    "executor": gettext_noop("Executor"),
    "first_reply_at": gettext_noop("Moment of the first reply"),
    "first_reply_text": gettext_noop("Text of the first reply"),
    "first_reply_elapsed": gettext_noop("Time to the first reply"),
    "first_reply_working": gettext_noop("Working time to the first reply"),
    "assigned_at": gettext_noop("Assignment of the last executor"),
    "executor_reply_at": gettext_noop("First reply of the last executor"),
    "first_reaction": gettext_noop("First reaction of the last executor"),
    "in_time": gettext_noop("In time after the assignment"),
    "total_elapsed": gettext_noop("Time from creation to the end"),
    "approval_sent_at": gettext_noop("Sent for approval"),
    "approval_elapsed": gettext_noop("Time in approval"),
    "step": gettext_noop("Current step"),
    "posted_at": gettext_noop("Date of the message"),
    "finished_at": gettext_noop("Date of the end"),
    "topic_group": gettext_noop("Topic group"),
    "topic": gettext_noop("Topic"),
    "region": gettext_noop("Region"),
    "territory": gettext_noop("Municipality"),
    "settlement": gettext_noop("Settlement"),
    "street": gettext_noop("Street"),
    "house": gettext_noop("House"),
    "object_old": gettext_noop("Object, old list"),
    "object": gettext_noop("Object"),
    "kind": gettext_noop("Kind of case"),
    "outcome": gettext_noop("Outcome"),
    "reply_has_media": gettext_noop("Media in the reply"),
    "message_has_media": gettext_noop("Media in the message"),
    "url": gettext_noop("Address of the message"),
    "blog_url": gettext_noop("Address of the page or group"),
    "text": gettext_noop("Text of the message"),
    "reply_1": gettext_noop("First reply"),
    "reply_2": gettext_noop("Second reply"),
    "reply_3": gettext_noop("Third reply"),
    "close_reason": gettext_noop("Reason of closing"),
    "audience": gettext_noop("Audience"),
    "engagement": gettext_noop("Engagement"),
    "author_url": gettext_noop("Profile of the author"),
    "account": gettext_noop("Account of the reply"),
    "tags": gettext_noop("Tags"),
    "note": gettext_noop("Note"),
    "satisfaction_at": gettext_noop("Start of the satisfaction step"),
    "survey_sent": gettext_noop("Survey sent"),
    "posted_time": gettext_noop("Time of day of the message"),
    "source": gettext_noop("Source"),
    "author_id": gettext_noop("Id of the author"),
    "author_name": gettext_noop("Name of the author"),
    "author_phone": gettext_noop("Phone of the author"),
    "address": gettext_noop("Address"),
    "lat": gettext_noop("Latitude"),
    "lon": gettext_noop("Longitude"),
    "coordinates": gettext_noop("Coordinates in one cell"),
    "agency_kind": gettext_noop("Kind of agency"),
    "mark": gettext_noop("Mark of the author"),
}
# A kind of problem where many rows have it: without the values of one of them.
CODE_WORDS: dict[str, str] = {
    "too_long": gettext_noop("The text is too long"),
    "future_date": gettext_noop("The date has not come yet"),
    "ancient_date": gettext_noop("The date is before the year 2000"),
    "unknown_source": gettext_noop("The source is not known"),
    "duplicate_id": gettext_noop("The id is already in this file with other content"),
    "extra_cells": gettext_noop("There are more cells than columns in the header"),
    "derived_id": gettext_noop("There was no id, it is made from the address or the number"),
    "cut": gettext_noop("The value is cut to the longest that is kept"),
    "unknown_step": gettext_noop("The step is not known, the value is left out"),
    "unknown_kind": gettext_noop("The kind is not known, the value is left out"),
    "unknown_regime": gettext_noop("The regime is not known, the source's one is taken"),
    "unknown_outcome": gettext_noop("The outcome is not known, the value is left out"),
}
# What keeps rows in quarantine, as tabs of its page.
SHORT_WORDS: dict[str, str] = {
    "too_long": gettext_noop("too long"),
    "missing_date": gettext_noop("no date"),
    "bad_date": gettext_noop("no such date"),
    "future_date": gettext_noop("date ahead"),
    "ancient_date": gettext_noop("date before 2000"),
    "missing_source": gettext_noop("no source"),
    "unknown_source": gettext_noop("unknown source"),
    "missing_id": gettext_noop("no id"),
    "bad_id": gettext_noop("no proper id"),
    "rounded_id": gettext_noop("id rounded"),
    "duplicate_id": gettext_noop("repeated id"),
    "extra_cells": gettext_noop("too many cells"),
}
ACTION_WORDS: dict[str, str] = {
    "conflict": gettext_noop("Kept as people set it"),
    "repaired": gettext_noop("Taken, mended"),
    "quarantined": gettext_noop("To quarantine"),
    "rejected": gettext_noop("Rejected"),
}


def word_problem(problem: Problem) -> str:
    """What is wrong with one cell or row, as one sentence."""
    return word_code(problem.code, problem.params)


def word_code(code: str, params: Mapping[str, Any]) -> str:
    """The same for a problem stored as code and params."""
    return _(ROW_WORDS[code]) % params


def code_words(code: str) -> str:
    """A kind of problem, for a count of the rows that have it."""
    return _(CODE_WORDS.get(code) or ROW_WORDS[code])


def short_code_words(code: str) -> str:
    """The same in two or three words."""
    return _(SHORT_WORDS.get(code) or CODE_WORDS.get(code) or ROW_WORDS[code])


def word_conflict(case: str) -> str:
    """The file says otherwise than a person decided here."""
    words = _("Changed here by a person, the file's value is not taken (case %(case)s)")
    return words % {"case": case}


def word_refusal(error: NotATable) -> str:
    """Why a file is not read and what to do about it."""
    params = {"format": "", "limit": "", **error.params}
    return _(FILE_WORDS[error.code]) % params


def word_action(action: str) -> str:
    """What was done with the row."""
    return _(ACTION_WORDS[action])


def field_name(field: str) -> str:
    """A field of `intake.fields` as the mapping page calls it."""
    return _(FIELD_WORDS[field])


def word_unknown(unknown: Unknown) -> list[str]:
    """What a person has to say before the file can be read."""
    sentences = []
    if unknown.missing:
        names = [one_of_fields(missing.split("|")) for missing in unknown.missing]
        sentences.append(_("Choose the columns for: %(fields)s") % {"fields": "; ".join(names)})
    for field, headers in unknown.ambiguous.items():
        sentences.append(
            _("Several columns look like “%(field)s”: %(headers)s")
            % {"field": field_name(field), "headers": ", ".join(headers)}
        )
    return sentences


def one_of_fields(fields: list[str]) -> str:
    """«Идентификатор, адрес или номер»."""
    *first, last = [field_name(field) for field in fields]
    if not first:
        return last
    return _("%(first)s or %(second)s") % {"first": ", ".join(first), "second": last}
