"""Templates as functions give the same page as Django's own way, in every language."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine, Library, engines
from django.template.loader import get_template
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import settings as strength
from hypothesis import strategies as st

from portal.compiling import Compiled, compile_template
from tests import factories

TEMPLATES = Path(settings.BASE_DIR, "templates")
HEAD = "{% load i18n static portal remember humanize l10n %}"


def make_template(source: str, *, compiled: bool = True):
    """A template of the portal, compiled as those in its folder are."""
    template = engines["django"].engine.from_string(HEAD + source)
    if compiled:
        compile_template(template)
        assert any(isinstance(node, Compiled) for node in template.nodelist)
    return template


def test_words_icons_and_addresses_become_one_text() -> None:
    template = make_template(
        'a {% translate "All cases" %} {% icon "search" %}{% url "queue" %}'
        '{% static "portal.css" %}{# not shown #}{% blocktranslate %}Keys{% endblocktranslate %}'
        "{% include 'components/_keys.html' %} z"
    )
    with translation.override("ru"):
        russian = template.render(Context())
    # One text, joined once: nothing is called.
    assert any(
        "Все обращения" in str(text) and "keys-help" in str(text) for text in texts_of(template)
    )
    with translation.override("en"):
        english = template.render(Context())
    assert "Все обращения" in russian
    assert "All cases" in english
    assert "/queue/" in russian
    assert "keys-help" in russian


def texts_of(template) -> tuple[object, ...]:
    (compiled,) = template.nodelist
    found: tuple[object, ...] = ()
    for function in compiled.functions.values():
        found += function.__code__.co_consts
    return found


def test_addresses_of_one_value_are_those_of_django() -> None:
    template = make_template(
        "{% url 'case-detail' number %} {% url 'case-check' number=number %}"
        " {% url 'event' number %}"
    )
    for number in ("26-048213", "26-048214", "25-000001", "1", "7", "a-7", "b-7", "cases", "x"):
        expected = " ".join(
            reverse(name, args=[number]) for name in ("case-detail", "case-check", "event")
        )
        for _again in range(2):
            assert template.render(Context({"number": number})).strip() == expected
    # What an address must quote is never put in as it is.
    quoted = make_template("{% url 'case-detail' number %}")
    for number in ('"><b>', "ж 7", "a%2Fb7", "26-04&7"):
        for _again in range(2):
            expected = escape(reverse("case-detail", args=[number]))
            assert quoted.render(Context({"number": number})).strip() == expected
    whole = make_template("{% url 'family' pk %}")
    for pk in (5, 17, 18, 40_000):
        assert whole.render(Context({"pk": pk})).strip() == f"/copies/{pk}/"
    with pytest.raises(NoReverseMatch):
        whole.render(Context({"pk": "x7"}))


def test_what_depends_on_the_reader_stays() -> None:
    template = make_template(
        "{% translate name %}{% icon name %}{% url 'case-detail' number %}{% url 'admin:index' %}"
        "{% static name %}{% translate 'All cases' as kept %}{{ kept }}"
        "{% if name %}{% translate 'Keys' %} {% icon 'x' %}{% endif %}"
    )
    with translation.override("en"):
        for name in ("search", "inbox"):
            text = template.render(Context({"name": name, "number": "26-000001"}))
            assert f"#{name}" in text
            assert "/cases/26-000001/" in text
            assert "All cases" in text


class Thing:
    """Attributes, methods, failures and odd names, as a page may meet them."""

    name = "<b>имя</b>"
    nothing = None
    number = 1234567
    pair = ("а", 2)

    def method(self) -> str:
        return "called"

    def wants(self, argument: object) -> str:
        return f"never {argument}"

    def destroy(self) -> str:
        return "destroyed"

    destroy.alters_data = True  # type: ignore[attr-defined]

    @property
    def silent(self) -> str:
        error = ValueError("silent")
        error.silent_variable_failure = True  # type: ignore[attr-defined]
        raise error

    def __str__(self) -> str:
        return "<thing>"


VALUES = [
    *(0, 1, 2.5, -7, 1_000_000, True, False, None, "", "a", "<i>&\"'", "7", [], [1, 2, 3]),
    *({}, {"a": {"b": "<x>"}, "items": "entry"}, [("a", 1), ("b", 2)], {"x": 1, "y": [1, 2]}),
    *(Thing(), [Thing(), Thing()], mark_safe("<b>safe</b>"), str, date(2026, 11, 26)),
    datetime(2026, 11, 26, 9, 5, tzinfo=UTC),
]
NAMES = ["a", "b", "c", "nowhere", "forloop", "new", "request"]
PATHS = ["", ".a", ".a.b", ".name", ".nothing.more", ".method", ".wants", ".destroy", ".silent"]
PATHS += [".0", ".1.0", ".pair.1", ".items", ".counter", ".first", ".parentloop.counter", ".number"]
FILTERS = ["", "|default:'—'", "|length", "|upper", "|date:'j E Y'", "|intcomma", "|safe"]
FILTERS += ["|default_if_none:b", "|truncatechars:3", "|join:', '", "|capfirst|lower", "|add:c"]
FILTERS += ["|floatformat:1", "|default:nowhere", "|unlocalize", "|moment", "|yesno"]

expressions = st.builds(
    str.__add__,
    st.builds(str.__add__, st.sampled_from(NAMES), st.sampled_from(PATHS)),
    st.sampled_from(FILTERS),
) | st.sampled_from(["'word'", "5", "2.5", "True", "None", "_('All cases')", "'<b>'|upper"])
conditions = st.recursive(
    expressions,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("not {}".format, inner),
        st.builds(
            "{} {} {}".format,
            expressions,
            st.sampled_from(["==", "!=", "<", ">=", "in", "not in", "is", "is not"]),
            expressions,
        ),
    ),
    max_leaves=4,
)
pieces = st.recursive(
    st.one_of(
        st.sampled_from(["text ", "\n", "{% translate 'All cases' %}", "{% icon a %}", "100% "]),
        st.builds("{{{{ {} }}}}".format, expressions),
        st.builds("{{% firstof {} {} %}}".format, expressions, expressions),
        st.builds("{{% translate {} as a %}}".format, st.sampled_from(["'Keys'", "b", "c.name"])),
        st.builds("{{% url 'case-detail' {} %}}".format, st.sampled_from(["'26-000001'", "5"])),
        st.builds(
            "{{% blocktranslate with x={} %}}All {{{{ x }}}} 5% {{{{ a }}}} {{{{ nowhere }}}}"
            "{{% endblocktranslate %}}".format,
            expressions,
        ),
        st.builds(
            "{{% blocktranslate count n={} %}}{{{{ n }}}} case{{% plural %}}{{{{ n }}}} cases"
            "{{% endblocktranslate %}}".format,
            expressions,
        ),
        st.builds(
            "{{% blocktranslate with x={} count n={} %}}{{{{ n }}}} {{{{ x }}}}{{% plural %}}"
            "{{{{ n }}}}s{{% endblocktranslate %}}".format,
            expressions,
            st.sampled_from(["x", "x.1", "x|length", "a|default:x", "b|add:5"]),
        ),
        st.builds("{{% cycle 'x' {} %}}".format, expressions),
    ),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, conditions, inner),
        st.builds(
            "{{% if {} %}}{}{{% elif {} %}}{}{{% else %}}{}{{% endif %}}".format,
            *(conditions, inner, conditions, inner, inner),
        ),
        st.builds(
            "{{% for {} in {} %}}{}{{% empty %}}none{{% endfor %}}".format,
            *(st.sampled_from(["a", "b", "item", "a, b"]), expressions, inner),
        ),
        st.builds("{{% for item in b reversed %}}{}{{% endfor %}}".format, inner),
        st.builds(
            "{{% with b={} c={} %}}{}{{% endwith %}}".format, expressions, expressions, inner
        ),
        st.builds("{{% autoescape off %}}{}{{% endautoescape %}}".format, inner),
        st.builds("{{% block b{} %}}{}{{% endblock %}}".format, st.uuids(), inner),
        st.builds("{{% remember {} %}}{}{{% endremember %}}".format, st.just("nowhere"), inner),
        st.builds("{{% spaceless %}}<p> {} </p>{{% endspaceless %}}".format, inner),
    ),
    max_leaves=12,
)


def outcome(template, values: dict[str, object], *, autoescape: bool) -> object:
    try:
        return template.render(Context(dict(values), autoescape=autoescape))
    except Exception as error:  # noqa: BLE001  the same error is asked of both
        return type(error)


@strength(deadline=None)
@given(
    source=pieces,
    values=st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in ("a", "b", "c")}),
    autoescape=st.booleans(),
)
def test_any_template_gives_what_django_gives(source, values, autoescape) -> None:
    plain, compiled = make_template(source, compiled=False), make_template(source)
    expected = outcome(plain, values, autoescape=autoescape)
    for _again in range(2):
        assert outcome(compiled, values, autoescape=autoescape) == expected


def test_a_tag_takes_arguments_named_as_words_of_python() -> None:
    library = Library()

    @library.simple_tag(takes_context=True)
    def told(context, first, **words: object) -> str:
        return f"{context['a']} {first} {words}"

    def made(*, compiled: bool):
        source = "{% told a class='x' if=a|length for=nowhere %}{% told 1 class=b as c %}{{ c }}"
        engine = Engine()
        engine.template_builtins.append(library)
        template = engine.from_string(source)
        if compiled:
            compile_template(template)
        return template

    values: dict[str, object] = {"a": "<i>", "b": 7}
    expected = outcome(made(compiled=False), values, autoescape=True)
    assert isinstance(expected, str)
    assert "class" in expected
    assert outcome(made(compiled=True), values, autoescape=True) == expected


def test_a_message_may_count_a_value_of_its_own() -> None:
    source = (
        "{% blocktranslate with n=b.0 count k=n %}{{ k }} {{ n }} case{% plural %}{{ k }} {{ n }}"
        " cases{% endblocktranslate %}{% blocktranslate with x=b count n=c|default:x %}"
        "{{ n }}{% plural %}{{ n }}s{% endblocktranslate %}"
    )
    plain, compiled = make_template(source, compiled=False), make_template(source)
    for values in ({"b": [3], "n": 1, "c": 2}, {"b": [1], "n": 5, "c": 2, "x": 1}):
        expected = outcome(plain, values, autoescape=True)
        assert isinstance(expected, str)
        assert outcome(compiled, values, autoescape=True) == expected


def test_parts_of_other_templates_are_shown_as_django_shows_them() -> None:
    source = (
        "{% for item in a %}{% include 'components/_deadline.html' with view=item only %}"
        "{% include 'components/_deadline.html' with view=item due=1 %}{{ view }}{% endfor %}"
        "{% include name %}"
    )
    values = {
        "a": [{"state": "overdue", "due": None}, {"state": "paused", "due": None, "minutes": 5}],
        "name": "components/_keys.html",
    }
    plain, compiled = make_template(source, compiled=False), make_template(source)
    expected = outcome(plain, values, autoescape=True)
    assert isinstance(expected, str)
    assert outcome(compiled, values, autoescape=True) == expected


def test_a_remembered_part_is_rendered_once_for_each_key_and_language() -> None:
    template = make_template("{% remember key %}{% translate 'Keys' %} {{ who }}{% endremember %}")
    with translation.override("en"):
        assert template.render(Context({"key": (1,), "who": "a"})) == "Keys a"
        assert template.render(Context({"key": (1,), "who": "b"})) == "Keys a"
        assert template.render(Context({"key": (2,), "who": "b"})) == "Keys b"
        assert template.render(Context({"who": "c"})) == "Keys c"
    with translation.override("ru"):
        assert template.render(Context({"key": (1,), "who": "b"})) == "Клавиши b"


def test_no_template_changes_the_language_half_way() -> None:
    for path in TEMPLATES.rglob("*.html"):
        assert not re.search(r"{%\s*language\s", path.read_text("utf-8")), path


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ru", "en"])
def test_pages_are_the_same_both_ways(language: str, monkeypatch, settings) -> None:
    factories.load_reference()
    agency = factories.make_agency("own")
    case = factories.make_case("in_work", agency)
    client = Client(headers={"Accept-Language": language})
    client.force_login(factories.make_person("executor", agency))
    client.cookies["csrftoken"] = "b" * 32
    paths = ["/queue/", "/settings/", case.get_absolute_url(), f"{case.get_absolute_url()}assign/"]
    paths += ["/cases/", "/promises/", "/notices/", "/search/?q=26", "/templates/", "/reports/"]

    def texts() -> list[str]:
        pages = [client.get(path).content.decode() for path in paths]
        return [re.sub(r'(csrfmiddlewaretoken" value=|CSRFToken": )"\w+', "", p) for p in pages]

    made = texts()
    assert any(isinstance(node, Compiled) for node in get_template("base.html").template.nodelist)
    plain = [{**settings.TEMPLATES[0], "APP_DIRS": True}]
    plain[0]["OPTIONS"] = {k: v for k, v in plain[0]["OPTIONS"].items() if k != "loaders"}
    settings.TEMPLATES = plain
    assert not any(isinstance(n, Compiled) for n in get_template("base.html").template.nodelist)
    assert texts() == made
