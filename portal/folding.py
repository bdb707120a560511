"""Templates whose unchanging parts are joined once for each language.

Half of a page is words, icons and addresses that are the same for everybody: `{% translate %}`,
`{% url "queue" %}`, `{% static %}`, `{% icon "search" %}`, the whole dialog of keys. Django asks
for each of them anew at every rendering, at 10 to 20 microseconds apiece. Here runs of such nodes
become one node that remembers its text; templates are written as ever (docs/decisions/0007).

Only the portal's own templates are folded. They must not use `{% language %}` (a test says so):
the language is looked up once a rendering.
"""

import re
from pathlib import Path
from threading import RLock
from typing import Any

from django.conf import settings
from django.template import Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, TokenType
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.exceptions import TemplateDoesNotExist
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

_LOCK = RLock()


class Loader(cached.Loader):
    """Django's cached loader; the portal's own templates are folded when first loaded."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template: Template = super().get_template(template_name, skip)
        if not hasattr(template, "folded"):
            with _LOCK:
                if not hasattr(template, "folded"):
                    own = str(template.origin.name).startswith(f"{settings.BASE_DIR}/templates/")
                    if own:
                        _fold(template.nodelist, template)
                        template.nodelist = _Folded(template.nodelist)
                    template.folded = own
        return template


def language_of(context: Any) -> tuple[str | None, str]:
    """Language and address prefix of this rendering: what constant parts depend on."""
    try:
        known: tuple[str | None, str] = context.language_of_constants
    except AttributeError:
        # An attribute travels into the contexts of includes; asking Django is a slow lookup.
        known = context.language_of_constants = (get_language(), get_script_prefix())
    return known


class Constant(Node):
    """A run of nodes with the same text for everybody who reads one language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.texts: dict[Any, SafeString] = {}

    def render_annotated(self, context: Any) -> SafeString:
        key = language_of(context)
        text = self.texts.get(key)
        if text is None:
            text = SafeString("".join([node.render_annotated(context) for node in self.nodes]))
            self.texts[key] = text
        return text

    render = render_annotated


class Address(Node):
    """`{% url "case-check" case.number %}`: the address asked for once for each shape of value.

    Django searches all routes of a name again for every case, ten times on its page. Addresses of
    values that differ in letters and digits alone differ in just these.
    """

    child_nodelists = ()

    def __init__(self, node: URLNode) -> None:
        self.node = node
        self.value = node.args[0] if node.args else next(iter(node.kwargs.values()))
        self.around: dict[Any, tuple[str, str]] = {}

    def render_annotated(self, context: Any) -> str:
        value = str(self.value.resolve(context))
        key = (value.translate(_SHAPE), language_of(context))
        around = self.around.get(key)
        if around is not None:
            return f"{around[0]}{value}{around[1]}"
        url: str = self.node.render_annotated(context)
        if len(self.around) < _SHAPES and _PLAIN.fullmatch(value) and url.count(value) == 1:
            before, _value, after = url.partition(value)
            self.around[key] = before, after
        return url

    render = render_annotated


_PLAIN = re.compile(r"[A-Za-z0-9-]*[0-9]")
_SHAPE = str.maketrans(dict.fromkeys("123456789", "0"))
# More shapes of value than this are not kept: names of accounts and codes have one each.
_SHAPES = 50


class _Folded(NodeList):
    """Nodes that will not change: `{% extends %}` searches its parent for blocks each time."""

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self.contains_nontext = nodes.contains_nontext
        self._found: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        found = self._found.get(nodetype)
        if found is None:
            found = self._found[nodetype] = super().get_nodes_by_type(nodetype)
        return found


def _fold(nodes: NodeList, template: Template) -> None:
    """Join neighbouring constant nodes, in place and in every list below."""
    folded: list[Node] = []
    run: list[Node] = []
    for node in nodes:
        if not template.engine.debug:
            node.token = None  # where it stands in the source: five megabytes for error pages
        if _is_constant(node, template):
            run.append(node)
            continue
        _close(run, folded)
        run = []
        folded.append(Address(node) if _is_of_one_value(node) else node)
        for inner in _lists_of(node):
            _fold(inner, template)
    _close(run, folded)
    nodes[:] = folded


def _close(run: list[Node], folded: list[Node]) -> None:
    if len(run) == 1 and isinstance(run[0], TextNode):
        folded.append(run[0])
    elif run:
        folded.append(Constant(run))


def _lists_of(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):  # its `nodelist` is a fresh copy
        return [nodes for _condition, nodes in node.conditions_nodelists]
    found = [getattr(node, name, None) for name in node.child_nodelists]
    return [nodes for nodes in found if isinstance(nodes, NodeList)]


def _is_constant(node: Node, template: Template) -> bool:
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


def _is_of_one_value(node: Node) -> bool:
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
    return all(isinstance(part, TextNode | Constant) for part in inner.nodelist)


def own_templates() -> list[str]:
    """Names of the portal's own templates."""
    folder = Path(settings.BASE_DIR, "templates")
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
