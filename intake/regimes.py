"""What a row says of its regime: the regime itself, fast track, registration by 59-FZ."""

from datetime import datetime
from typing import NamedTuple

from cases.bulk import fresh
from cases.models import Appeal, Case
from cases.workflow import Regime
from intake.incoming import IncomingRow
from intake.lists import REGIMES


class RegimeFacts(NamedTuple):
    regime: str
    fast_track: bool = False
    incoming_number: str = ""
    registered_at: datetime | None = None
    migration: bool = False


def facts_of(row: IncomingRow, regime: str) -> RegimeFacts:
    """`regime`: of the row's source, where the row names none."""
    values = row.values
    word = str(values.get("regime", "")).lower().replace("ё", "е")
    regime = REGIMES.get(word, regime)
    if regime == Regime.POS:
        return RegimeFacts(regime, fast_track=bool(values.get("fast_track")))
    if regime != Regime.LAW59:
        return RegimeFacts(regime)
    registered = values.get("appeal_registered_at")
    if registered is not None:
        # A wall clock of the file's zone, as the moment of the message was.
        registered = max(registered.replace(tzinfo=row.posted_at.tzinfo), row.posted_at)
    return RegimeFacts(
        regime,
        incoming_number=str(values.get("incoming_number", ""))[:40],
        registered_at=registered,
        migration=bool(values.get("migration")),
    )


def appeal_row(case: Case, facts: RegimeFacts, *, at_desk: bool) -> Appeal:
    """The appeal of a case by 59-FZ: what is beyond the desk was registered where it came from."""
    # None: the case's own number, which it does not have yet.
    number = facts.incoming_number or ("" if at_desk else None)
    return fresh(
        Appeal,
        case_id=case.pk,
        incoming_number=number,
        received_at=case.received_at,
        registered_at=None if number == "" else case.registered_at,
        migration=facts.migration,
    )
