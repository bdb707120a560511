"""How words typed into a search are understood: names of authors, parts of an address."""

import re
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import SearchQuery, SearchQueryCombinable
from django.db import connection

# So many authors of one name are looked for; a name that more have needs another word.
MOST_AUTHORS = 1000
_WORD = re.compile(r"[^\W_]+")
# As a migration has made the index; contacts stay out of it. Signs are spaces in it: else
# «ivan.petrov» and «vk.com/id7» would be one word each, which no word that is typed begins.
_AUTHORS = (
    "select id from cases_citizen where to_tsvector('simple', regexp_replace(translate(name || ' '"
    " || case when handle ~ '^(phone|anonymous):' then '' else handle end, 'Ёё', 'Ее'),"
    " '[!-/:-@[-`{-~]+', ' ', 'g')) @@ to_tsquery('simple', %s) limit %s"
)


def authors_of(words: str) -> list[int] | None:
    """Keys of the authors whose name or handle has words that begin so; None: too many (a query).

    Who may not see whose message it is must not try it out: the caller asks for the right.
    """
    asked = " & ".join(f"{word}:*" for word in _WORD.findall(_plain(words)))
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_AUTHORS, [asked, MOST_AUTHORS + 1])
        found = [key for (key,) in cursor.fetchall()]
    return None if len(found) > MOST_AUTHORS else found


# «Кузнецова», «Марина К.», «id77», «@marina»: what may be somebody's name.
_NAME = re.compile(r"(?:[А-ЯЁA-Z][\w’'-]*\.?\s*){1,4}|@?[a-z][a-z_.]*\d[\w.]*|@[\w.]+")


def may_be_name(words: str) -> bool:
    return _NAME.fullmatch(words.strip()) is not None


def _plain(words: str) -> str:
    return words.replace("ё", "е").replace("Ё", "Е")


# As people write parts of an address: each form stands for all of its row. «с» is no form of
# «село»: it is a preposition, too, and no index of Russian words holds it.
_SAME = (
    "улица улицы улице улицу ул",
    "проспект проспекта проспекте просп пр пр-т пр-кт",
    "переулок переулка переулке пер",
    "площадь площади пл",
    "бульвар бульвара бульваре бул б-р",
    "набережная набережной набережную наб",
    "шоссе ш",
    "микрорайон микрорайона микрорайоне мкр мкрн",
    "район района районе р-н",
    "поселок поселка поселке пос п",
    "деревня деревни деревне дер",
    "село села селе",
    "город города городе г",
    "дом дома доме д",
    "корпус корпуса корпусе корп",
)
_FORMS = {form: row.split() for row in _SAME for form in row.split()}
_GLUED = re.compile(
    rf"\b({'|'.join(['с', *(form for form in _FORMS if form.isalpha())])})\.(?=\w)", re.IGNORECASE
)
_OPERATORS = re.compile(r'"|(?:^|\s)(?:-\S|or(?:\s|$))', re.IGNORECASE)


def _query(words: str) -> SearchQuery:
    return SearchQuery(words, config="pg_catalog.russian", search_type="websearch")


def query_of(words: str) -> SearchQueryCombinable:
    """Words in Russian morphology, ё as е; «улица Ткачей» finds «ул. Ткачей» and the other way.

    Who writes quotes, a minus or «or» is taken at his word.
    """
    words = _GLUED.sub(r"\1. ", _plain(words))
    if _OPERATORS.search(words):
        return _query(words)
    typed = [(word, _FORMS.get(word.strip(".,;").lower())) for word in words.split()]
    rest = " ".join(word for word, forms in typed if not forms)
    queries: list[SearchQueryCombinable] = [_query(rest)] if rest or not typed else []
    for _word, forms in typed:
        if forms:
            # The whole word, whose endings the dictionary knows, and what it is shortened to.
            short = [form for form in forms if len(form) < len(forms[0])]
            queries.append(reduce(or_, map(_query, [forms[0], *short])))
    return reduce(and_, queries)
