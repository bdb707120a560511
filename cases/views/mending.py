"""What helps the writer mend a reply: where a remark stands, what the case knows that settles it,
the sentence that answers a question, one sentence for a screen reader."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.views.panel import Panel
from quality.asking import kind_of
from quality.textform import prepare

# Which known fact settles a remark, and which a question of a kind.
_SETTLES = {
    "Q06": "date",
    "Q30": "date",
    "Q31": "who",
    "Q32": "phone",
    "Q48": "place",
}
_ANSWERS = {"when": "date", "who": "who", "where": "phone"}
_QUOTED = 90


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1].rstrip()}…"


def quote_answers(panel: Panel, text: str) -> None:
    """Put to every answered question the words that answer it and their place."""
    for question in panel.questions:
        span = question.get("answer_span")
        if span:
            question["place"] = f"{span[0]}-{span[1]}"
            question["quote"] = _short(text[span[0] : span[1]])


def offer(panel: Panel, facts: Sequence[dict[str, str]], text: str) -> None:
    """Put to remarks and open questions the fact of the case that settles them, once each."""
    known = {fact["key"]: fact for fact in facts if fact["text"] not in text}
    for finding in [*panel.must, *panel.advice]:
        if finding.spans:
            finding.place = "{}-{}".format(*finding.spans[0][:2])
        finding.fact = known.get(_SETTLES.get(finding.code, ""))
    for question in panel.questions:
        if question["answered"] != "yes":
            kind = kind_of(prepare(question["text"]).clean)
            question["fact"] = known.get(_ANSWERS.get(kind, ""))


def said(panel: Panel) -> str:
    """The state of the reply in one sentence; said aloud only when it changes."""
    word = {
        "brush_off": _("Looks like a brush-off"),
        "weak": _("Weak reply"),
        "good": _("To the point"),
    }[panel.band]
    parts = [_("%(word)s, %(n)s of 100") % {"word": word, "n": panel.score}]
    missing = sum(question["answered"] == "no" for question in panel.questions)
    if missing:
        words = ngettext("%(n)s question not answered", "%(n)s questions not answered", missing)
        parts.append(words % {"n": missing})
    if panel.must:
        count = len(panel.must)
        parts.append(ngettext("%(n)s thing to mend", "%(n)s things to mend", count) % {"n": count})
    return ". ".join(parts)
