"""Words for the findings of `quality`: what is wrong, why it matters, how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Worded:
    """A finding as people read it; `proposal` is empty where nothing is to be mended."""

    title: str
    explanation: str
    proposal: str


_WORDS: dict[str, tuple[str, str, str]] = {
    "Q01": (
        gettext_noop("The reply is empty"),
        gettext_noop("There is nothing in it but a greeting, a link or a few letters."),
        gettext_noop("Write what was found, what was done and what happens next"),
    ),
    "Q02": (
        gettext_noop("A placeholder or an internal note is left in the text"),
        gettext_noop("The citizen will see words that are not meant for them."),
        gettext_noop("Fill in or delete the marked place"),
    ),
    "Q03": (
        gettext_noop("Personal data in a public text"),
        gettext_noop("Everyone will see the data of the author or another private person."),
        gettext_noop("Delete the marked data or answer in a private message"),
    ),
    "Q04": (
        gettext_noop("Rude words"),
        gettext_noop("The marked words insult the reader."),
        gettext_noop("Rewrite the marked place calmly"),
    ),
    "Q05": (
        gettext_noop("“Solved” without a photo"),
        gettext_noop(
            "The reply says that the work is done, this topic requires a photo of the result."
        ),
        gettext_noop("Attach a photo or an act"),
    ),
    "Q06": (
        gettext_noop("An interim reply without a date"),
        gettext_noop("The citizen will not learn when the final answer comes."),
        gettext_noop("Add the date of the next answer"),
    ),
    "Q10": (
        gettext_noop("Copied from an earlier reply"),
        gettext_noop(
            "%(percent)s %% of the text was sent about another case, and it says nothing of this."
        ),
        gettext_noop("Write about this place and this problem"),
    ),
    "Q11": (
        gettext_noop("This author has already received this text"),
        gettext_noop("%(percent)s %% of the text repeats an earlier reply to the same person."),
        gettext_noop("Say what has changed since the last reply"),
    ),
    "Q12": (
        gettext_noop("Neither a date, nor a measure, nor a reason"),
        gettext_noop("After reading the reply the citizen knows no more than before."),
        gettext_noop("Add what was done or found, who did it and when"),
    ),
    "Q13": (
        gettext_noop("The citizen is sent elsewhere"),
        gettext_noop("The reply tells them to apply again and nothing was forwarded for them."),
        gettext_noop("Forward the message yourself and name the addressee, number and term"),
    ),
    "Q14": (
        gettext_noop("A refusal without a ground"),
        gettext_noop("It is not clear why it is impossible and what can be done instead."),
        gettext_noop("Give the reason in plain words and offer another way"),
    ),
    "Q15": (
        gettext_noop("Not every question is answered"),
        gettext_noop("Unanswered: %(missing)s of %(total)s (question %(numbers)s)."),
        gettext_noop("Answer each question of the message"),
    ),
    "Q16": (
        gettext_noop("The reply is about something else"),
        gettext_noop("Nothing in it comes from the message, and the subject is another."),
        gettext_noop("Check that the reply belongs to this case"),
    ),
    "Q17": (
        gettext_noop("Set phrases"),
        gettext_noop(
            "There are %(count)s set phrases. This is advice, it does not lower the score."
        ),
        gettext_noop("Say the same in your own words or delete it"),
    ),
    "Q30": (
        gettext_noop("No term: the citizen will not learn when it is done"),
        gettext_noop("“Soon” and “in due course” cannot be put into a calendar."),
        gettext_noop("Add a date or a period"),
    ),
    "Q31": (
        gettext_noop("Nobody is responsible"),
        gettext_noop("It is not clear who does or did the work."),
        gettext_noop("Name the service or the person"),
    ),
    "Q32": (
        gettext_noop("No contact"),
        gettext_noop("If something goes wrong, the citizen has nobody to call."),
        gettext_noop("Add a phone number or an office"),
    ),
    "Q33": (
        gettext_noop("Acts without an explanation"),
        gettext_noop("The acts are named, what follows from them is not said."),
        gettext_noop("Say in plain words what the act means for this person"),
    ),
    "Q34": (
        gettext_noop("“No money” without a year"),
        gettext_noop("The citizen will not learn when there will be money."),
        gettext_noop("Name the year or the programme, or say what is possible now"),
    ),
    "Q35": (
        gettext_noop("Hard to read"),
        gettext_noop("Long sentences or officialese. This is advice, it does not lower the score."),
        gettext_noop("Split the sentence, put verbs instead of verbal nouns"),
    ),
    "Q36": (
        gettext_noop("No greeting"),
        gettext_noop("The reply starts without a greeting or a name. This is advice."),
        gettext_noop("Begin with a greeting"),
    ),
    "Q37": (
        gettext_noop("Asks for a mark though nothing is solved"),
        gettext_noop("A request for a mark irritates while the problem remains."),
        gettext_noop("Delete the request"),
    ),
    "Q38": (
        gettext_noop("Answered in less than two minutes"),
        gettext_noop("The reply came %(seconds)s s after the assignment: it may have been pasted."),
        gettext_noop("Check that the facts concern this case"),
    ),
    "Q39": (
        gettext_noop("The author is blamed"),
        gettext_noop("The marked words put the blame on the person who wrote."),
        gettext_noop("Say what can be done, without blame"),
    ),
    "Q40": (
        gettext_noop("This text has been sent before"),
        gettext_noop("The same short text was sent %(times)s times this month."),
        gettext_noop("If the case differs, say what is special about it"),
    ),
    "Q18": (
        gettext_noop("The picture proves nothing"),
        gettext_noop("It was taken before the message came, or was shown in another case already."),
        gettext_noop("Attach a photo taken after the work"),
    ),
    "Q19": (
        gettext_noop("Contradicts an earlier reply"),
        gettext_noop("An earlier reply to this person says the opposite of the marked words."),
        gettext_noop("Say what has changed and why, or correct the mistake"),
    ),
    "Q20": (
        gettext_noop("The promise is moved again"),
        gettext_noop("The term of this matter has already been moved %(times)s times."),
        gettext_noop("Say why it was not kept and who answers for the new date"),
    ),
    "Q41": (
        gettext_noop("Passed on, it is not said to whom"),
        gettext_noop("The citizen cannot ask about it: there is no addressee, number or term."),
        gettext_noop("Name the addressee, the number of the letter and the term of the answer"),
    ),
    "Q42": (
        gettext_noop("Asks for personal data in public"),
        gettext_noop("Everyone will read what the citizen sends in reply."),
        gettext_noop("Ask for it in a private message or by telephone"),
    ),
    "Q43": (
        gettext_noop("Signed by another agency"),
        gettext_noop("The name under the reply is not the one of the agency that answers."),
        gettext_noop("Check that the text was written for this case and correct the signature"),
    ),
    "Q44": (
        gettext_noop("Called final, but promises an answer later"),
        gettext_noop("The matter would be closed without an answer and without a date of it."),
        gettext_noop("Choose the interim kind with a date, or give the answer"),
    ),
    "Q45": (
        gettext_noop("The dates are about something else"),
        gettext_noop("None of the dates says when this matter will be solved."),
        gettext_noop("Add the term of this very work or answer"),
    ),
    "Q46": (
        gettext_noop("Figures of the region instead of the case"),
        gettext_noop("The marked figures tell this citizen nothing about the matter."),
        gettext_noop("Say what is done at this address"),
    ),
    "Q47": (
        gettext_noop("Hard to read by Flesch’s formula"),
        gettext_noop("The index is %(index)s. This is advice, it does not lower the score."),
        gettext_noop("Write shorter sentences and shorter words"),
    ),
    "Q48": (
        gettext_noop("The place of the message is not named"),
        gettext_noop("Nothing shows that the reply speaks of this very place or thing."),
        gettext_noop("Name the address or the thing as the citizen did"),
    ),
    "P1": (gettext_noop("There is a photo"), gettext_noop("The result can be seen."), ""),
    "P2": (gettext_noop("There is a term"), gettext_noop("The citizen knows when."), ""),
    "P3": (
        gettext_noop("Who and how to reach them"),
        gettext_noop("The responsible and a contact are named."),
        "",
    ),
    "P4": (
        gettext_noop("An apology for a confirmed fault"),
        gettext_noop("The fault is admitted."),
        "",
    ),
    "P5": (
        gettext_noop("Every question is answered"),
        gettext_noop("Questions answered: %(count)s."),
        "",
    ),
}

CODES = frozenset(_WORDS)


def word_finding(code: str, params: Mapping[str, str | int | float] | None = None) -> Worded:
    """Words of a finding in the active language; an unknown code shows as itself."""
    texts = _WORDS.get(code)
    if texts is None:
        return Worded(code, "", "")
    title, explanation, proposal = (_(text) if text else "" for text in texts)
    if "%" in explanation:
        try:
            explanation %= dict(params or {})
        except (KeyError, TypeError, ValueError):
            # A finding stored by older rules may lack a figure: the title still says it.
            explanation = ""
    return Worded(title, explanation, proposal)


_LINE_ERRORS: dict[str, str] = {
    "bad_json": gettext_noop("this is not JSON"),
    "not_utf8": gettext_noop("the line is not UTF-8"),
    "not_object": gettext_noop("an object in braces is expected"),
    "missing": gettext_noop("the field %(field)s is missing"),
    "bad_type": gettext_noop("the field %(field)s has a value of another kind"),
    "bad_moment": gettext_noop(
        "the field %(field)s is not a date with time like 2026-05-12T10:30:00+03:00"
    ),
}


def word_line_error(code: str, params: Mapping[str, str]) -> str:
    """Words of an error of `quality.batch`."""
    text = _(_LINE_ERRORS[code])
    return text % dict(params) if "%(" in text else text
