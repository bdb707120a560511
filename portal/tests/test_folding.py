"""Joined parts of templates give the same page as Django's own way, in every language."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, engines
from django.template.base import NodeList, TextNode
from django.template.loader import get_template
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.html import escape

from portal import folding
from portal.folding import Address, Constant
from tests import factories

TEMPLATES = Path(settings.BASE_DIR, "templates")


@pytest.fixture
def make_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A template of the portal, folded as those in its folder are."""
    engine = engines["django"].engine

    def make(source: str):
        template = engine.from_string("{% load i18n static portal remember %}" + source)
        folding._fold(template.nodelist, template)
        return template

    return make


def _kinds(nodes: NodeList) -> list[type]:
    return [type(node) for node in nodes]


def test_words_icons_and_addresses_become_one_text(make_template) -> None:
    template = make_template(
        'a {% translate "Send" context "x" %}{% translate "All cases" %} {% icon "search" %}'
        '{% url "queue" %}{% static "portal.css" %}{# not shown #}'
        "{% blocktranslate %}Keys{% endblocktranslate %}{% include 'components/_keys.html' %} z"
    )
    # The message with a context is asked for at each rendering; all else is joined.
    assert len(template.nodelist) == 3
    with translation.override("ru"):
        russian = template.render(Context())
    with translation.override("en"):
        english = template.render(Context())
    assert "Все обращения" in russian
    assert "All cases" in english
    assert "/queue/" in russian
    assert "keys-help" in russian


def test_addresses_of_one_value_are_those_of_django(make_template) -> None:
    template = make_template(
        "{% url 'case-detail' number %} {% url 'case-check' number=number %}"
        " {% url 'event' number %}"
    )
    assert [type(node) for node in template.nodelist if not isinstance(node, TextNode)][1:] == [
        Address
    ] * 3
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


def test_what_depends_on_the_reader_stays(make_template) -> None:
    template = make_template(
        "{% translate name %}{% icon name %}{% url 'case-detail' number %}{% url 'admin:index' %}"
        "{% static name %}{% translate 'All cases' as kept %}{{ kept }}"
        "{% if name %}{% translate 'Keys' %} {% icon 'x' %}{% endif %}"
    )
    assert Constant not in _kinds(template.nodelist[1:])
    inner = template.nodelist[-1].conditions_nodelists[0][1]
    assert _kinds(inner) == [Constant]
    with translation.override("en"):
        for name in ("search", "inbox"):
            text = template.render(Context({"name": name, "number": "26-000001"}))
            assert f"#{name}" in text
            assert "/cases/26-000001/" in text
            assert "All cases" in text


def test_a_remembered_part_is_rendered_once_for_each_key_and_language(make_template) -> None:
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
def test_pages_are_the_same_folded_and_unfolded(language: str, monkeypatch, settings) -> None:
    factories.load_reference()
    agency = factories.make_agency("own")
    case = factories.make_case("in_work", agency)
    client = Client(headers={"Accept-Language": language})
    client.force_login(factories.make_person("executor", agency))
    client.cookies["csrftoken"] = "b" * 32
    paths = ["/queue/", "/settings/", case.get_absolute_url(), f"{case.get_absolute_url()}assign/"]

    def texts() -> list[str]:
        pages = [client.get(path).content.decode() for path in paths]
        return [re.sub(r'(csrfmiddlewaretoken" value=|CSRFToken": )"\w+', "", p) for p in pages]

    folded = texts()
    assert any(isinstance(node, Constant) for node in get_template("base.html").template.nodelist)
    plain = [{**settings.TEMPLATES[0], "APP_DIRS": True}]
    plain[0]["OPTIONS"] = {k: v for k, v in plain[0]["OPTIONS"].items() if k != "loaders"}
    settings.TEMPLATES = plain
    assert not any(isinstance(n, Constant) for n in get_template("base.html").template.nodelist)
    assert texts() == folded
