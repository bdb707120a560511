"""Reuse is found through edits, and what replies share by nature is no reuse."""

import random
from datetime import datetime

import pytest

from quality import DEFAULT, EarlierReply, Situation, assess, edits
from quality import evaluate_reuse as figures
from quality.formulas import FormulaCounter
from quality.masks import masked
from quality.memory import MemoryIndex
from quality.prints import PER_KEY, make_print, make_prints, prints_of, read_sketch
from quality.reuse import compare

FROZEN = (
    2,
    11,
    1192928485,
    (-2109620350, -1920541162, -1590070047),
)
COPIED = (
    "Специалистами отдела изучены поступившие материалы, схема движения, состояние покрытия и "
    "обочин, подготовлены предложения о включении участка в перечень объектов содержания, о чём "
    "уведомлены заинтересованные службы и подрядчик."
)
OWN = (
    "Четверо сотрудников вчера вывезли ветки от школьной котельной, а сломанную калитку заварил "
    "сварщик Лапин; ключ от неё лежит на вахте у дежурной Ниловой."
)


@pytest.fixture(scope="module")
def reported() -> figures.Figures:
    """The half of the material that no threshold was set on."""
    return figures.Figures("reported")


@pytest.mark.parametrize(
    ("kind", "floor"),
    [
        ("slots", 0.99),
        ("10 %", 0.99),
        ("20 %", 0.95),
        ("30 %", 0.85),
        ("shuffled", 0.95),
        ("half", 0.90),
    ],
)
def test_an_edited_copy_is_found(reported: figures.Figures, kind: str, floor: float) -> None:
    row = reported.edited(kind).as_json()
    assert row["right source"] >= floor
    assert row["marked words that were copied"] >= 0.98


def test_short_copies_are_found_too(reported: figures.Figures) -> None:
    assert reported.edited("slots", 10, 20).as_json()["right source"] >= 0.99
    assert reported.edited("20 %", 10, 20).as_json()["right source"] >= 0.85


def test_similarity_is_what_a_stranger_expects(reported: figures.Figures) -> None:
    assert reported.edited("unchanged").as_json()["similarity"] == 1.0
    assert 0.70 <= reported.edited("30 %").as_json()["similarity"] <= 0.85
    assert 0.45 <= reported.edited("half").as_json()["similarity"] <= 0.65


def test_unrelated_replies_of_the_same_topics_are_no_copies(reported: figures.Figures) -> None:
    wrong, total = reported.unrelated()
    assert wrong <= 0.01 * total


def test_replies_that_share_only_formulas_are_no_copies(reported: figures.Figures) -> None:
    wrong, total = reported.formulas_only()
    assert total > 200
    assert wrong <= 0.02 * total


def test_paraphrases_are_no_copies(reported: figures.Figures) -> None:
    pairs = figures.paraphrases()
    assert len(pairs) >= 60
    assert all(figures.shared_triples(*pair) < 0.15 for pair in pairs)
    wrong, total = reported.paraphrased()
    assert wrong <= 0.01 * total


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_the_editor_touches_the_stated_share_of_words(share: float) -> None:
    words = [f"слово{n}" for n in range(200)]
    changed = edits.edit_words(" ".join(words), share, random.Random(1)).split()
    kept = len(set(words) & set(changed))
    # 35 % of the touches replace or delete nothing (a word put before, a swap).
    assert 200 - kept == pytest.approx(200 * share * 0.65, abs=0.3 * 200 * share)
    assert changed == edits.edit_words(" ".join(words), share, random.Random(1)).split()


def sources(text: str, *earlier: str, **more: object) -> list[tuple[str, float, float]]:
    rows = [EarlierReply(str(at), one) for at, one in enumerate(earlier)]
    reuse = compare(text, rows, DEFAULT, **more).reuse  # type: ignore[arg-type]
    return [(m.key, m.similarity, m.share) for m in reuse.sources] if reuse else []


def test_a_text_pieced_together_from_two_names_both_with_their_passages() -> None:
    earlier = [EarlierReply("a", f"{COPIED} Ждём ответа."), EarlierReply("b", f"Итак. {OWN}")]
    text = f"{COPIED} {OWN}"
    reuse = compare(text, earlier, DEFAULT).reuse
    assert reuse is not None
    spans = {match.key: match.spans for match in reuse.sources}
    for key, other, part in (("a", earlier[0].text, COPIED), ("b", earlier[1].text, OWN)):
        ((start, end, source_start, source_end),) = spans[key]
        assert text[start:end] == part.rstrip(".")
        assert other[source_start:source_end] == part.rstrip(".")


def test_a_changed_number_in_a_copied_sentence_is_the_authors_own_word() -> None:
    one = f"{COPIED} Работы начнутся 12 апреля у дома 14."
    two = f"{COPIED} Работы начнутся 3 мая у дома 90."
    found = compare(two, [EarlierReply("a", one)], DEFAULT)
    assert found.reuse is not None
    assert found.reuse.similarity == 1.0
    assert 0 < found.personal_share < 0.2
    marked = " ".join(two[start:end] for start, end, _, _ in found.reuse.sources[0].spans)
    assert "Работы начнутся" in marked
    assert "3 мая" not in marked
    assert "90" not in marked


def test_greetings_and_titles_of_acts_at_the_edges_are_not_marked() -> None:
    text = f"Здравствуйте, Анна Петровна! {COPIED} С уважением, администрация города."
    reuse = compare(text, [EarlierReply("a", text)], DEFAULT).reuse
    assert reuse is not None
    ((start, end, _, _),) = reuse.sources[0].spans
    assert text[start:end] == COPIED.rstrip(".")


def test_what_an_approved_text_explains_is_no_copy() -> None:
    own = f"{COPIED} {OWN}"
    assert sources(own, f"Сообщаем: {COPIED}")
    assert not sources(own, f"Сообщаем: {COPIED}", approved_texts=[COPIED])
    found = compare(COPIED, [EarlierReply("a", COPIED)], DEFAULT, [COPIED])
    assert found.reuse is None


def test_formulas_of_both_texts_do_not_count_and_are_named() -> None:
    formula = "Данная работа осуществляется ежедневно в соответствии с регламентом содержания."
    grey = set(masked(formula).sentences.values())
    again = " ".join([formula] * 3)
    one, two = f"{OWN} {again}", f"{COPIED} {again}"
    rows = [EarlierReply("a", one)]
    assert compare(two, rows, DEFAULT).reuse is not None
    greyed = compare(two, rows, DEFAULT, (), grey)
    assert greyed.reuse is None
    assert greyed.personal_share == 1.0
    assert two[slice(*greyed.formulas[0])] == formula.rstrip(".")
    # As a whole the same text is still the same text.
    assert sources(two, two, formulas=grey) == [("0", 1.0, 1.0)]
    assert sources(formula, formula, formulas=grey) == [("0", 1.0, 1.0)]


def test_a_sentence_of_many_unlike_replies_becomes_a_formula() -> None:
    counter, formula = FormulaCounter(5), "Мониторинг ситуации продолжается в ежедневном режиме."
    bodies = [text for text in figures.texts() if len(text) > 200][:5]
    (value,) = masked(formula).sentences.values()
    for number, body in enumerate(bodies):
        assert value not in counter.formulas
        counter.add(masked(f"{body} {formula}"))
        for _ in range(3):  # edited copies of one text are no unlike replies
            counter.add(masked(f"{edits.edit_words(body, 0.1, random.Random(number))} {formula}"))
    assert value in counter.formulas


def test_law_that_both_quote_is_no_copy() -> None:
    law = (
        "участки предоставляются гражданам, имеющим трёх и более детей, бесплатно в случае и в "
        "порядке, которые установлены субъектом"
    )
    long = " ".join(figures.texts()[at] for at in (3, 8, 15, 21, 30))
    other = " ".join(figures.texts()[at] for at in (40, 45, 51, 60, 70))
    assert not sources(f"{long} {law}.", f"{law}. {other}")


def test_a_text_with_the_same_numbers_is_the_source_of_its_twins() -> None:
    rows = [f"{COPIED} Дом {n}, срок {n} мая, мастер {n}." for n in range(1, 12)]
    index = MemoryIndex()
    index.extend(EarlierReply(str(n), text) for n, text in enumerate(rows))
    for number in (0, 5, 10):
        text = rows[number].replace("изучены", "рассмотрены")
        reuse = compare(text, index.candidates(text), DEFAULT).reuse
        assert reuse is not None
        assert reuse.sources[0].key == str(number)


def test_an_index_keeps_the_oldest_of_a_key_and_finds_in_arrays_what_it_found_fresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quality.memory._FRESH", 50)
    pool = figures.texts()[:120]
    merged, fresh = MemoryIndex(), MemoryIndex()
    merged.extend(EarlierReply(str(at), text) for at, text in enumerate(pool))
    monkeypatch.setattr("quality.memory._FRESH", 10_000)
    fresh.extend(EarlierReply(str(at), text) for at, text in enumerate(pool))
    for text in pool[::7]:
        assert merged.candidates(text) == fresh.candidates(text)
    many = MemoryIndex()
    many.extend(EarlierReply(str(at), COPIED) for at in range(3 * PER_KEY))
    assert {len(members) for members in many._fresh.values()} == {PER_KEY}
    assert many.times_sent(COPIED) == 3 * PER_KEY
    assert many.candidates(COPIED)[0].key == "0"


def test_short_equal_texts_are_counted_by_month() -> None:
    index, text = MemoryIndex(), "Яму засыпали."
    for month in (3, 3, 4):
        moment = datetime(2026, month, 5)  # noqa: DTZ001
        index.add(EarlierReply(str(month), text, sent_at=moment))
    assert index.times_sent(text, datetime(2026, 3, 20)) == 2  # noqa: DTZ001
    assert index.times_sent(text) == 3
    asked = Situation("Яма на Лесной", text, sent_this_month=2)
    codes = {f.code: f.params for f in assess(asked, index.candidates(text)).findings}
    assert codes["Q40"] == {"times": 2}
    assert "Q10" not in codes


def test_prints_are_frozen() -> None:
    # Stored keys must be found by every later release: a change here needs a new version.
    own = make_print("Яму у дома 14 по ул. Садовой засыпали асфальтом 12 апреля, делал Дорсервис.")
    assert (own.version, own.stems, own.mask, own.keys[:3]) == FROZEN


def test_slots_do_not_change_the_keys_but_the_values() -> None:
    one = make_print("Уважаемый Иван Петрович! Яму по ул. Садовой, 14 засыпали 12 апреля.")
    two = make_print("Уважаемая Анна Львовна! Яму по ул. Лесной, 3 засыпали 7 мая 2026 года.")
    assert (one.mask, one.keys) == (two.mask, two.keys)
    words, values = read_sketch(one.sketch)
    assert words == read_sketch(two.sketch)[0]
    assert len(values) == len(read_sketch(two.sketch)[1]) > 0
    assert values != read_sketch(two.sketch)[1]


def test_prints_of_many_texts_are_those_of_each() -> None:
    pool = ["", "яма", "яма да канава", "а б в г", "а б в г д е ж", *figures.texts()[:60], " . "]
    assert make_prints(pool) == [make_print(text) for text in pool]
    forms = [masked(text) for text in pool]
    probes = prints_of(forms, probe=True)
    assert probes == [prints_of([form], probe=True)[0] for form in forms]
    # Whatever is stored is asked for.
    for own, probe in zip(make_prints(pool), probes, strict=True):
        assert set(own.keys) <= set(probe.keys)
        assert own.mask == probe.mask


def test_keys_fit_the_columns_of_the_index() -> None:
    longest = " ".join(figures.texts())
    for text in (longest, *figures.texts()[:100]):
        own = make_print(text)
        assert all(-(2**31) <= key < 2**31 for key in own.keys)
        assert len(own.keys) <= 256
        assert own.stems <= 1200
