"""What is counted: kinds of facts, the signs they carry, and the measures made of both.

A fact is one thing that happened to a case on one day: it came, its term ended, a reply was
published. A measure counts the facts of a kind that carry all of its signs, or sums a duration
over them. The database's triggers count by the same table (migration 0001); a test holds both
against each other. A new measure is a row here and a migration that makes the triggers anew
(`reports.counting.install`) and adds its column.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag


class Kind(IntEnum):
    RECEIVED = 1  # day: arrival of the case
    DUE = 2  # day: end of the citizen's term
    SENT = 3  # day: the reply was sent, whatever became of it
    REPLY = 4  # day: the reply was published
    CLOSED = 5  # day: the case was closed
    REVIEW = 6  # day: the first verdict on a reply
    MARK = 7  # day: the author's mark
    PROMISE = 8  # day: until when it was promised
    OPEN = 9  # day: arrival of a case that is open
    OPEN_DUE = 10  # day: due day of a case that is open


class Sign(IntFlag):
    NONE = 0
    REPEAT = 1
    SOLVABLE = 2
    LATE = 4  # ended after its term, or the term passed before it was extended
    RUNNING = 8
    CHECKED = 16
    FLAGGED = 32
    FIRST = 64  # the first published reply of the case
    TIMED = 128  # there is a norm to compare with
    IN_TIME = 256
    PHOTO = 512
    FINAL = 1024
    MARKED = 2048
    SOLVED = 4096
    EXPLAINED = 8192
    BRUSH_OFF = 16384
    REMARKS = 32768
    RETURNED = 65536
    GOOD = 131072  # marks 4 and 5
    KEPT = 262144
    BROKEN = 524288
    UNASSIGNED = 1048576  # nobody has taken the case
    WORKED = 2097152  # working minutes are known
    POSTPONED = 4194304


@dataclass(frozen=True, slots=True)
class Measure:
    """`value`: a duration of the fact (column) that is summed; empty: facts are counted."""

    kind: Kind
    signs: Sign = Sign.NONE
    value: str = ""


_K, _S = Kind, Sign
MEASURES: dict[str, Measure] = {
    "received": Measure(_K.RECEIVED),
    "repeats": Measure(_K.RECEIVED, _S.REPEAT),
    "due": Measure(_K.DUE),
    "due_late": Measure(_K.DUE, _S.LATE),
    "due_running": Measure(_K.DUE, _S.RUNNING),
    "sent": Measure(_K.SENT),
    "checked": Measure(_K.SENT, _S.CHECKED),
    "flagged": Measure(_K.SENT, _S.CHECKED | _S.FLAGGED),
    "published": Measure(_K.REPLY),
    "approval_minutes": Measure(_K.REPLY, value="approval"),
    "first_replies": Measure(_K.REPLY, _S.FIRST),
    "reply_minutes": Measure(_K.REPLY, _S.FIRST, value="minutes"),
    "worked_replies": Measure(_K.REPLY, _S.FIRST | _S.WORKED),
    "worked_minutes": Measure(_K.REPLY, _S.FIRST | _S.WORKED, value="worked"),
    "timed_replies": Measure(_K.REPLY, _S.FIRST | _S.TIMED),
    "in_time": Measure(_K.REPLY, _S.FIRST | _S.TIMED | _S.IN_TIME),
    "solvable_replies": Measure(_K.REPLY, _S.SOLVABLE),
    "with_photo": Measure(_K.REPLY, _S.SOLVABLE | _S.PHOTO),
    "final_replies": Measure(_K.REPLY, _S.FINAL),
    "marked_replies": Measure(_K.REPLY, _S.FINAL | _S.MARKED),
    "closed": Measure(_K.CLOSED),
    "solvable_closed": Measure(_K.CLOSED, _S.SOLVABLE),
    "solved": Measure(_K.CLOSED, _S.SOLVABLE | _S.SOLVED),
    "explained": Measure(_K.CLOSED, _S.SOLVABLE | _S.EXPLAINED),
    "postponed": Measure(_K.CLOSED, _S.SOLVABLE | _S.POSTPONED),
    "reviewed": Measure(_K.REVIEW),
    "brush_offs": Measure(_K.REVIEW, _S.BRUSH_OFF),
    "with_remarks": Measure(_K.REVIEW, _S.REMARKS),
    "returned": Measure(_K.REVIEW, _S.RETURNED),
    "marks": Measure(_K.MARK),
    "good_marks": Measure(_K.MARK, _S.GOOD),
    "promises": Measure(_K.PROMISE),
    "promises_kept": Measure(_K.PROMISE, _S.KEPT),
    "promises_broken": Measure(_K.PROMISE, _S.BROKEN),
    "promises_running": Measure(_K.PROMISE, _S.RUNNING),
    "open": Measure(_K.OPEN),
    "open_unassigned": Measure(_K.OPEN, _S.UNASSIGNED),
    "open_due": Measure(_K.OPEN_DUE),
    "open_due_unassigned": Measure(_K.OPEN_DUE, _S.UNASSIGNED),
}
NAMES = tuple(MEASURES)

# What is counted by topic alone and by territory alone too: the map of both shows the largest.
MARGIN = MEASURES["received"]

# Durations with a histogram: median and the slow tenth. Column of the fact, its facts.
DURATIONS: dict[str, Measure] = {
    "minutes": MEASURES["reply_minutes"],
    "worked": MEASURES["worked_minutes"],
    "approval": MEASURES["approval_minutes"],
}
STEPS = 8  # buckets an octave: a value is known to about 4.5 %


def bucket_middle(bucket: int) -> float:
    """The duration that stands for all of a bucket, in minutes (its geometric middle)."""
    return float(2 ** ((bucket + 0.5) / STEPS)) - 1 if bucket else 0.0
