"""Parts of a page that are the same for many people, rendered once a process."""

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.utils.safestring import SafeString

from portal.folding import language_of

register = template.Library()
# So many different texts are kept for one place; then it begins anew.
_MOST = 500


class RememberNode(Node):
    def __init__(self, key: FilterExpression, nodelist: NodeList) -> None:
        self.key = key
        self.nodelist = nodelist
        self.texts: dict[Any, SafeString] = {}

    def render(self, context: Any) -> SafeString:
        key = self.key.resolve(context)
        if not key:
            return self.nodelist.render(context)
        key = (key, language_of(context))
        text = self.texts.get(key)
        if text is None:
            if len(self.texts) >= _MOST:
                self.texts.clear()
            text = self.texts[key] = self.nodelist.render(context)
        return text


@register.tag
def remember(parser: Parser, token: Token) -> RememberNode:
    """{% remember menu.key %} … {% endremember %}: rendered once for each key and language.

    The key must name everything that is shown inside: whoever has the same key gets the same
    text. Without a key (nobody signed in) it is rendered as ever.
    """
    _name, key = token.split_contents()
    nodelist = parser.parse(("endremember",))
    parser.delete_first_token()
    return RememberNode(parser.compile_filter(key), nodelist)
