"""Words of the page with the figures of the reply check."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

KINDS: dict[str, Promise] = {
    "warm_empty": gettext_lazy("lively and warm, but empty"),
    "legal_empty": gettext_lazy("long and legal, but empty"),
    "numbers_decoy": gettext_lazy("figures and dates about something else"),
    "vague_promise": gettext_lazy("a promise without a term"),
    "interim_undated": gettext_lazy("interim without a date"),
    "other_question": gettext_lazy("answers another question"),
    "short_concrete": gettext_lazy("short and concrete"),
    "officialese_concrete": gettext_lazy("officialese, but concrete"),
    "honest_refusal": gettext_lazy("an honest refusal"),
    "mass_info": gettext_lazy("information for many"),
    "interim_dated": gettext_lazy("interim with a date"),
    "half_answered": gettext_lazy("half of the questions answered"),
    "plain_borderline": gettext_lazy("something concrete, an essential part missing"),
}
BASELINES: dict[str, Promise] = {
    "this engine": gettext_lazy("this check"),
    "length (short is worse)": gettext_lazy("length of the reply"),
    "digits (few is worse)": gettext_lazy("number of digits"),
    "clichés per 100 words": gettext_lazy("clichés per 100 words"),
    "character n-gram LR": gettext_lazy("classifier of character n-grams"),
    "TF-IDF word LR": gettext_lazy("classifier of words (TF-IDF)"),
}
GROUPS: dict[str, Promise] = {
    "nothing": gettext_lazy("nothing, all signs"),
    "relation to the message": gettext_lazy("relation to the message"),
    "distance from the message": gettext_lazy("distance from the message"),
    "terms": gettext_lazy("terms"),
    "figures and statistics": gettext_lazy("figures and statistics"),
    "classes of verbs": gettext_lazy("classes of verbs"),
    "kinds of predicates": gettext_lazy("tense and mood of verbs"),
    "law and rules": gettext_lazy("law and rules"),
    "cause, refusal, condition": gettext_lazy("cause, refusal, condition"),
    "who and how to reach": gettext_lazy("who and how to reach them"),
    "decoys and standing information": gettext_lazy("decoys and standing information"),
    "whom the reply speaks of": gettext_lazy("whom the reply speaks of"),
    "what is asked for": gettext_lazy("what the questions ask for"),
    "swapped replies": gettext_lazy("replies seen under other messages"),
}


def named(names: dict[str, Promise], code: str) -> str:
    """Words of a code; an unknown one shows as itself."""
    return str(names.get(code, code))
