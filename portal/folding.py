"""What in a template is the same for everybody who reads one language.

Half of a page is words, icons and addresses that never change: `{% translate %}`,
`{% url "queue" %}`, `{% static %}`, `{% icon "search" %}`, the whole dialog of keys. Django asks
for each of them anew at every rendering, at 10 to 20 microseconds apiece; portal.compiling writes
them into the page's function as one text (docs/decisions/0022).

The portal's own templates must not use `{% language %}` (a test says so): the language is looked
up once a rendering.
"""

import re
from typing import Any

from django.template import Template
from django.template.base import FilterExpression, Node, TextNode, TokenType
from django.template.defaulttags import CommentNode, LoadNode, URLNode
from django.template.exceptions import TemplateDoesNotExist
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.translation import get_language


def language_of(context: Any) -> tuple[str | None, str]:
    """Language and address prefix of this rendering: what constant parts depend on."""
    try:
        known: tuple[str | None, str] = context.language_of_constants
    except AttributeError:
        # An attribute travels into the contexts of includes; asking Django is a slow lookup.
        known = context.language_of_constants = (get_language(), get_script_prefix())
    return known


class Address:
    """`{% url "case-check" case.number %}`: the address asked for once for each shape of value.

    Django searches all routes of a name again for every case, ten times on its page. Addresses of
    values that differ in letters and digits alone differ in just these.
    """

    def __init__(self, node: URLNode) -> None:
        self.node = node
        self.value = node.args[0] if node.args else next(iter(node.kwargs.values()))
        self.around: dict[Any, tuple[str, str]] = {}

    def of(self, given: Any, context: Any) -> str:
        """The address of a value already found."""
        value = str(given)
        key = (value.translate(_SHAPE), language_of(context))
        around = self.around.get(key)
        if around is not None:
            return f"{around[0]}{value}{around[1]}"
        url: str = self.node.render(context)
        if len(self.around) < _SHAPES and _PLAIN.fullmatch(value) and url.count(value) == 1:
            before, _value, after = url.partition(value)
            self.around[key] = before, after
        return url


_PLAIN = re.compile(r"[A-Za-z0-9-]*[0-9]")
_SHAPE = str.maketrans(dict.fromkeys("123456789", "0"))
# More shapes of value than this are not kept: names of accounts and codes have one each.
_SHAPES = 50


def is_constant(node: Node, template: Template) -> bool:
    """Whether its text depends on the language and the address prefix only."""
    match node:
        case TextNode() | CommentNode() | LoadNode():
            return True
        case TranslateNode():
            return (
                _is_literal(node.filter_expression)
                and node.asvar is None
                and node.message_context is None
            )
        case StaticNode():
            return node.varname is None and _is_literal(node.path)
        case URLNode():
            # A name with a namespace depends on the page it stands on.
            return (
                not (node.args or node.kwargs or node.asvar)
                and _is_literal(node.view_name)
                and ":" not in str(node.view_name)
            )
        case SimpleNode():
            return (
                getattr(node.func, "is_constant", False)
                and node.target_var is None
                and all(map(_is_literal, [*node.args, *node.kwargs.values()]))
            )
        case BlockTranslateNode():
            return not (
                node.extra_context
                or node.countervar
                or node.plural
                or node.asvar
                or node.message_context
            ) and all(token.token_type == TokenType.TEXT for token in node.singular)
        case IncludeNode():
            return _is_constant_include(node, template)
        case _:
            return False


def is_of_one_value(node: Node) -> bool:
    """Whether it is an address `Address` can make."""
    return (
        isinstance(node, URLNode)
        and len(node.args) + len(node.kwargs) == 1
        and node.asvar is None
        and _is_literal(node.view_name)
        and ":" not in str(node.view_name)
    )


def _is_literal(expression: FilterExpression) -> bool:
    if expression.filters:
        return False
    return not expression.is_var or getattr(expression.var, "literal", None) is not None


def _is_constant_include(node: IncludeNode, template: Template) -> bool:
    if not _is_literal(node.template):
        return False
    try:
        inner = template.engine.get_template(str(node.template.var))
    except TemplateDoesNotExist:
        return False  # said when it is rendered, as ever
    return all(is_constant(part, inner) for part in getattr(inner, "parts", inner.nodelist))
