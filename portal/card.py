"""The card of a case as PDF: what its page shows to this reader, on paper."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from agencies.models import User
from agencies.roles import Right
from cases import papers
from cases.dossier import history_for
from cases.masking import mask_name, mask_text
from cases.models import Case
from cases.querysets import may
from cases.views.common import case_or_404
from portal.wording_events import event_detail, word_event

MOST_EVENTS = 200


def _moment(value: Any) -> str:
    if value is None:
        return "—"
    return f"{date_format(timezone.localtime(value), 'j E Y')}, {timezone.localtime(value):%H:%M}"


def card_of(case: Case, reader: User) -> bytes:
    """Masked without the right to contacts, as on the page (six queries)."""
    sees = may(reader, Right.VIEW_CONTACTS, case)
    name = case.citizen.hidden_name

    def said(text: str) -> str:
        return text if sees else mask_text(text, name)

    return papers.render(
        "card.typ",
        {
            "number": case.number,
            "title": said(case.title),
            "facts": _facts(case, sees),
            "messages": [
                {"about": f"{m.channel}, {_moment(m.posted_at)}", "text": said(m.text)}
                for m in case.messages.select_related("channel").filter(is_current=True)
            ],
            "replies": [
                {
                    "about": f"{r.author or r.author_name}, {_moment(r.submitted_at)}",
                    "state": str(r.get_state_display()),
                    "text": r.text,
                }
                for r in case.replies.select_related("author").order_by("version")
            ],
            "events": [
                {"at": _moment(e.at), "text": word_event(e), "detail": said(event_detail(e))}
                for e in history_for(case, reader).order_by("id")[:MOST_EVENTS]
            ],
            "printed": f"{_moment(timezone.now())}, {reader}",
        },
    )


def _facts(case: Case, sees: bool) -> list[list[str]]:
    citizen = case.citizen
    who = citizen.name if sees else mask_name(citizen.name, citizen.kind)
    appeal = getattr(case, "appeal", None) if case.regime == "law59" else None
    rows: list[tuple[str, Any]] = [
        ("Состояние", case.get_status_display()),
        ("Режим", case.get_regime_display()),
        ("Заявитель", who),
        ("Телефон", citizen.phone if sees else ""),
        ("Адрес", citizen.address if sees else ""),
        ("Входящий номер", appeal.incoming_number if appeal else ""),
        ("Поступило", _moment(case.received_at)),
        ("Зарегистрировано", _moment(case.registered_at)),
        ("Тема", f"{case.topic.group}, {case.topic}" if case.topic else ""),
        ("Территория", case.territory or ""),
        ("Место", (case.place if sees else mask_text(case.place, citizen.hidden_name))),
        ("Ведомство", case.agency or ""),
        ("Исполнитель", case.executor or ""),
        ("Срок", _moment(case.due_at) if case.due_at else ""),
        ("Ответ дан", _moment(case.answered_at) if case.answered_at else ""),
        ("Исходящий номер", appeal.outgoing_number if appeal else ""),
        ("Подписал", appeal.signer if appeal else ""),
        ("Итог", case.get_outcome_display() if case.outcome else ""),
    ]
    return [[label, str(value)] for label, value in rows if value]


@login_required
@require_safe
def card(request: HttpRequest, number: str) -> HttpResponse:
    """The case on paper: facts, messages, replies and history, masked as its page is."""
    case = case_or_404(request.user, number)
    answer = HttpResponse(card_of(case, request.user), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{case.number}.pdf"'
    return answer
