"""Letters and notices by 59-FZ, and the card of a case, as PDF.

Typst sets them in the process, from the templates and fonts in `cases/paper`; values go in as
JSON and are never read as markup. The same values give the same bytes, so that the stored hash
can be checked against a paper made again.
"""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import override

from agencies.models import Agency, User
from cases import files
from cases.legible import legible
from cases.masking import mask_name, mask_text
from cases.models import Appeal, Attachment, Case, Paper, ReasonKind
from cases.reasons import reason_name

if TYPE_CHECKING:
    import typst

HERE = Path(__file__).parent / "paper"
HIDDEN = "•••"
# Whose words and contacts a reader without the right to contacts is not shown.
_MASKED_TEXTS = ("text", "details", "ground")


@cache
def _fonts() -> "typst.Fonts":
    """Our fonts alone: a paper looks the same on every server."""
    import typst  # noqa: PLC0415  7 MB, for the process that sets a paper

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(HERE / "fonts")],
    )


def render(template: str, values: dict[str, Any], folder: Path = HERE) -> bytes:
    """`template`: a file of `folder`; about 30 ms a page."""
    import typst  # noqa: PLC0415

    made = typst.compile(
        str(folder / template),
        root=str(folder),
        font_paths=_fonts(),
        format="pdf",
        pdf_standards="ua-1",  # tagged: a screen reader reads it
        sys_inputs={"data": json.dumps(legible(values), ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made


def day_words(day: date) -> str:
    """«26 ноября 2026 г.»: papers are Russian whatever the reader's language."""
    with override("ru"):
        return date_format(day, "j E Y") + " г."


def _addressee(case: Case) -> dict[str, str]:
    citizen = case.citizen
    return {"name": citizen.name, "address": citizen.address, "kind": citizen.kind}


def _sender(agency: Agency | None) -> dict[str, str]:
    if agency is None:
        return {"name": "", "phone": "", "email": ""}
    return {"name": agency.name, "phone": agency.phone, "email": agency.email}


def values_of(
    case: Case,
    appeal: Appeal,
    *,
    kind: str,
    number: str,
    signer: str,
    on: date,
    actor: User,
    data: dict[str, Any],
) -> dict[str, Any]:
    """Everything the template shows, in words."""
    shown = dict(data)
    if "until" in shown:
        shown["until"] = day_words(date.fromisoformat(shown["until"]))
    if shown.get("notice"):
        shown["notice_name"] = reason_name(ReasonKind.NOTICE, shown["notice"])
    agency = case.agency or actor.agency
    zone = agency.zone if agency else None
    registered = (appeal.registered_at or case.registered_at).astimezone(zone)
    executor = case.executor or actor
    return {
        "kind": kind,
        "number": number,
        "dated": day_words(on),
        "sender": _sender(agency),
        "to": _addressee(case),
        "incoming": appeal.incoming_number or case.number,
        "incoming_on": day_words(registered.date()),
        "case": case.number,
        "signer": signer,
        "position": actor.position if signer == str(actor) else "",
        "executor": str(executor),
        "executor_phone": executor.phone,
        **shown,
    }


def make(
    case: Case,
    *,
    kind: str,
    number: str,
    signer: str,
    at: datetime,
    actor: User,
    data: dict[str, Any],
) -> Paper:
    """Set the paper, store it with the case under its hash; in the move's transaction."""
    agency = case.agency or actor.agency
    on = at.astimezone(agency.zone if agency else None).date()
    appeal = Appeal.objects.get(case=case)
    values = values_of(
        case, appeal, kind=kind, number=number, signer=signer, on=on, actor=actor, data=data
    )
    body = render("paper.typ", values)
    attachment = Attachment.objects.create(
        case=case,
        reply_id=data.get("reply"),
        name=file_name(kind, number),
        sha256=files.keep(body),
        media_type="application/pdf",
        size=len(body),
        # Nobody's own: it must not go with the next reply of the one who signed (`made_by`).
        uploaded_by=None,
    )
    return Paper.objects.create(
        case=case,
        kind=kind,
        number=number,
        dated=on,
        signer=signer,
        data=values,
        attachment=attachment,
        made_by=actor,
        made_at=at,
    )


_NAMES = {
    Paper.Kind.LETTER: "Ответ",
    Paper.Kind.REDIRECTION: "Уведомление о переадресации",
    Paper.Kind.COVER: "Сопроводительное письмо",
    Paper.Kind.EXTENSION: "Уведомление о продлении",
    Paper.Kind.SHORT: "Уведомление",
    Paper.Kind.END: "Уведомление о прекращении переписки",
    Paper.Kind.SPLIT: "Уведомление о направлении в несколько органов",
}


def file_name(kind: str, number: str) -> str:
    """A name every file system takes: numbers of letters have slashes."""
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in number).strip("-")
    return f"{_NAMES[Paper.Kind(kind)]} {safe}.pdf"


def masked(paper: Paper) -> bytes:
    """The paper for a reader without the right to contacts, set again without them."""
    values = dict(paper.data)
    to = values.get("to", {})
    name = to.get("name", "")
    values["to"] = {
        "name": mask_name(name, to.get("kind", "person")),
        "address": HIDDEN if to.get("address") else "",
    }
    hidden = name if to.get("kind") == "person" else ""
    for key in _MASKED_TEXTS:
        if values.get(key):
            values[key] = mask_text(values[key], hidden)
    return render("paper.typ", values)
