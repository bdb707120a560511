"""Templates as Python functions (docs/decisions/0022).

Rendering a page was three quarters of its processor time, and nearly all of that went into
Django's walk over its nodes: finding what a name means, level by level, for each of some four
hundred expressions a page. Here the lists of nodes of the portal's own templates become Python
source, once a process. The nodes this module knows (text, values, `if`, `for`, `with`, `include`,
`blocktranslate`, simple tags) are written out; all others are called as they are, and find the
context as ever. The result is Django's, byte for byte: a test renders every page both ways. Where
an expression fails, Django's own node is asked again, so errors are Django's too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.template import Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable
from django.template.base import VariableNode as ValueNode
from django.template.defaulttags import ForNode, IfNode, TemplateLiteral, URLNode, WithNode
from django.template.library import SimpleNode
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.template.smartif import TokenBase
from django.templatetags.i18n import BlockTranslateNode
from django.utils import translation
from django.utils.safestring import mark_safe

from portal import rendering
from portal.folding import Address, is_constant, is_of_one_value, language_of

_HELPERS = {
    name: getattr(rendering, name)
    for name in (
        *("MISSING", "look", "get", "called", "resolved", "judged", "safely", "text", "shown"),
        "local",
    )
} | {"translation": translation, "Number": (Decimal, float, int)}
# Blocks of Python (try, for) may stand in each other twenty times.
_DEEPEST = 7
# After the name of a value until it is known how often it is read; no source has this sign.
_ONCE = "\0"
_ASSIGNING = ("asvar", "target_var", "varname", "variable", "var_name", "variable_name")


class Compiled(Node):
    """A list of nodes as one function for each language; blocks among them can still be found."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodes: NodeList, assigned: frozenset[str]) -> None:
        self.nodelist = nodes
        self.assigned = assigned
        self.functions: dict[Any, Callable[[Any], str]] = {}

    def render_annotated(self, context: Any) -> str:
        function = self.functions.get(language_of(context))
        if function is None:
            function = _Writer(self.assigned, context).function(self.nodelist)
            self.functions[language_of(context)] = function
        return function(context)

    render = render_annotated


class Settled(NodeList):
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


def compile_template(template: Template) -> None:
    """Put functions in the place of the lists of nodes of a template.

    The functions are written when a language first needs them.
    """
    nodes = NodeList.get_nodes_by_type(template.nodelist, Node)
    assigned = frozenset(
        name
        for node in nodes
        for attribute in _ASSIGNING
        if isinstance(name := getattr(node, attribute, None), str)
    )
    for node in nodes:
        node.token = None  # where it stands in the source: five megabytes for error pages
    template.parts = NodeList(template.nodelist)
    _compile_list(template.nodelist, assigned)
    template.nodelist = Settled(template.nodelist)


def _compile_list(nodes: NodeList, assigned: frozenset[str]) -> None:
    """In place; lists inside a node that is called become functions of their own."""
    extends = any(isinstance(node, ExtendsNode) for node in nodes)
    for node in nodes:
        _compile_below(node, assigned, depth=0)
    if not extends and not all(isinstance(node, TextNode) for node in nodes):
        nodes[:] = [Compiled(NodeList(nodes), assigned)]


def _compile_below(node: Node, assigned: frozenset[str], depth: int) -> None:
    depth += isinstance(node, ForNode | WithNode)
    if depth > _DEEPEST:
        node.is_called = True
    written = isinstance(node, ForNode | WithNode | IfNode) and depth <= _DEEPEST
    for nodes in _lists_of(node):
        if written or isinstance(node, ExtendsNode):  # of that its blocks alone are rendered
            for inner in nodes:
                _compile_below(inner, assigned, depth)
        else:
            _compile_list(nodes, assigned)


def _lists_of(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):  # its `nodelist` is a fresh copy
        return [nodes for _condition, nodes in node.conditions_nodelists]
    found = [getattr(node, name, None) for name in node.child_nodelists]
    return [nodes for nodes in found if isinstance(nodes, NodeList)]


class _Writer:
    """The source of one function, and the objects it names."""

    def __init__(self, assigned: frozenset[str], context: Any) -> None:
        self.context = context
        self.assigned = assigned  # names some tag sets: never taken from a local variable
        self.objects: dict[str, Any] = dict(_HELPERS)
        self.literal = ""  # not yet in the source
        self.lines: list[str] = []
        self.indent = 1
        self.loops = 0
        self.count = 0
        self.locals: dict[str, str] = {}
        self.names: dict[str, int] = {}  # of the context, and how often each is read

    def function(self, nodes: NodeList) -> Any:
        self.nodes(nodes)
        self.flush()
        body = "\n".join(self.lines)
        first = []
        for name, times in self.names.items():
            if times > 1:
                first.append(f"    top_{name} = look(context, {name!r})")
            else:
                body = body.replace(f"top_{name}{_ONCE}", f"look(context, {name!r})")
        body = body.replace(_ONCE, "")
        source = "\n".join(
            (
                "def render(context):",
                "    scopes, parts = context.dicts, []",
                "    add = parts.append",
                *first,
                body,
                "    return ''.join(parts)",
            )
        )
        exec(compile(source, "<template>", "exec"), self.objects)  # noqa: S102  our own templates
        return self.objects["render"]

    # Source.

    def line(self, words: str) -> None:
        self.flush()
        self.lines.append("    " * self.indent + words)

    def flush(self) -> None:
        if self.literal:
            self.lines.append("    " * self.indent + f"add({self.literal!r})")
            self.literal = ""

    def temporary(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def named(self, thing: object) -> str:
        self.count += 1
        name = f"o{self.count}"
        self.objects[name] = thing
        return name

    @contextmanager
    def inside(self, words: str) -> Iterator[None]:
        self.line(words)
        self.indent += 1
        at = len(self.lines)
        yield
        self.flush()
        if len(self.lines) == at:
            self.line("pass")
        self.indent -= 1

    @contextmanager
    def scope(self, names: dict[str, str]) -> Iterator[None]:
        """Names that are local variables of the function until the end of the block."""
        before = self.locals
        self.locals = {
            name: variable
            for name, variable in (before | names).items()
            if name not in self.assigned
        }
        yield
        self.locals = before

    # Expressions.

    def top(self, name: str) -> str:
        if name in self.locals:
            return self.locals[name]
        if name in ("True", "False", "None"):
            return name
        if name in self.assigned:
            return f"look(context, {name!r})"
        self.names[name] = self.names.get(name, 0) + (2 if self.loops else 1)
        return f"top_{name}{_ONCE}"

    def variable(self, variable: Variable) -> str:
        """An expression; MISSING where the name is nowhere."""
        if variable.lookups is None or variable.translate:
            return self.named(variable.resolve({}))
        first, *bits = variable.lookups
        made = self.top(first)
        if first not in ("True", "False", "None"):
            value = self.temporary()
            made = f"(called({value}) if callable({value} := {made}) else {value})"
        for bit in bits:
            made = f"get({made}, {bit!r})"
        return made

    def expression(self, expression: FilterExpression, missing: str) -> str:
        """Its value; `missing`: what stands for a name that is nowhere: "None", "''".

        "MISSING" is for conditions, where it is as false as None is.
        """
        if expression.is_var:
            made = self.variable(expression.var)
            if expression.var.lookups is not None and (expression.filters or missing != "MISSING"):
                value = self.temporary()
                other = "None" if missing == "MISSING" else missing
                made = f"({other} if ({value} := {made}) is MISSING else {value})"
        else:
            made = self.named(expression.var)
        for function, args in expression.filters:
            made = self.filtered(function, made, args)
        return made

    def filtered(self, function: Any, value: str, args: list[tuple[bool, Any]]) -> str:
        if getattr(function, "expects_localtime", False):
            value = f"local({value}, context)"
        words = [value]
        for is_variable, arg in args:
            if not is_variable:
                words.append(self.named(mark_safe(arg)))  # noqa: S308  as Django does
            elif arg.lookups is None:
                words.append(self.variable(arg))
            else:  # a missing argument is an error of Django's own
                words.append(f"{self.named(arg)}.resolve(context)")
        if getattr(function, "needs_autoescape", False):
            words.append("autoescape=context.autoescape")
        name = self.named(function)
        if getattr(function, "is_safe", False):
            return f"safely({name}, {', '.join(words)})"
        return f"{name}({', '.join(words)})"

    def value(self, expression: FilterExpression, missing: str = "''") -> str:
        """A variable with the value, Django being asked where the quick way fails."""
        made = self.expression(expression, missing)
        if not expression.is_var and not expression.filters:
            return made
        value = self.temporary()
        with self.inside("try:"):
            self.line(f"{value} = {made}")
        with self.inside("except Exception:"):
            ignore = missing == "None"
            self.line(f"{value} = resolved({self.named(expression)}, context, {ignore})")
        return value

    def condition(self, token: TokenBase, *, judged: bool) -> str:
        """`judged`: only its truth matters; a name that is nowhere is false as None is."""
        if isinstance(token, TemplateLiteral):
            return self.expression(token.value, "MISSING" if judged else "None")
        if token.id == "not":
            return f"(not {self.condition(token.first, judged=True)})"
        within = token.id in ("and", "or")
        first = self.condition(token.first, judged=within)
        second = self.condition(token.second, judged=within)
        return f"({first} {token.id} {second})"

    # Nodes.

    def nodes(self, nodes: NodeList) -> None:
        for node in nodes:
            self.node(node)

    def node(self, node: Node) -> None:
        if is_constant(node, self.context.template):
            self.literal += str(node.render_annotated(self.context))
            return
        match node:
            case Node(is_called=True):
                self.call(node)
            case URLNode() if is_of_one_value(node):
                address = Address(node)
                value = self.value(address.value)
                self.line(f"add({self.named(address)}.of({value}, context))")
            case ValueNode():
                value = self.value(node.filter_expression)
                self.line(f"add(text({value}, context))")
            case IfNode():
                self.choice(node)
            case ForNode():
                self.loop(node)
            case WithNode():
                self.within(node)
            case IncludeNode() if self.is_fixed(node):
                self.included(node)
            case BlockTranslateNode() if not (node.message_context or node.asvar):
                self.message(node)
            case SimpleNode() if type(node) is SimpleNode:
                self.tag(node)
            case _:
                self.call(node)

    def call(self, node: Node) -> None:
        self.line(f"add({self.named(node)}.render_annotated(context))")

    def choice(self, node: IfNode) -> None:
        begun = self.indent
        for at, (token, nodes) in enumerate(node.conditions_nodelists):
            if token is not None:
                value = self.temporary()
                with self.inside("try:"):
                    self.line(f"{value} = {self.condition(token, judged=True)}")
                with self.inside("except Exception:"):
                    self.line(f"{value} = judged({self.named(node)}, {at}, context)")
                with self.inside(f"if {value}:"):
                    self.nodes(nodes)
                if at + 1 < len(node.conditions_nodelists):
                    self.line("else:")
                    self.indent += 1
            else:
                at_line = len(self.lines)
                self.nodes(nodes)
                self.flush()
                if len(self.lines) == at_line:
                    self.line("pass")
        self.indent = begun

    def loop(self, node: ForNode) -> None:
        values = self.temporary()
        total, index, item, scope, entry = (f"{values}{mark}" for mark in "nixsf")
        self.line(f"{entry} = {{'parentloop': {self.outer_loop()} or {{}}}}")
        self.line(f"{values} = {self.value(node.sequence, 'None')}")
        with self.inside(f"if {values} is None:"):
            self.line(f"{values} = []")
        with self.inside(f"if not hasattr({values}, '__len__'):"):
            self.line(f"{values} = list({values})")
        self.line(f"{total} = len({values})")
        self.line(f"{scope} = {{}}")
        self.line(f"scopes.append({scope})")
        with self.inside("try:"):
            with self.inside(f"if {total} < 1:"):
                self.nodes(node.nodelist_empty)
            with self.inside("else:"):
                self.line(f"{scope}['forloop'] = {entry}")
                if node.is_reversed:
                    self.line(f"{values} = reversed({values})")
                with self.inside(f"for {index}, {item} in enumerate({values}):"):
                    self.line(f"{entry}['counter0'] = {index}")
                    self.line(f"{entry}['counter'] = {index} + 1")
                    self.line(f"{entry}['revcounter'] = {total} - {index}")
                    self.line(f"{entry}['revcounter0'] = {total} - {index} - 1")
                    self.line(f"{entry}['first'] = {index} == 0")
                    self.line(f"{entry}['last'] = {index} == {total} - 1")
                    self.loops += 1
                    self.turn(node, item, scope, entry)
                    self.loops -= 1
        with self.inside("finally:"):
            self.line("scopes.pop()")

    def outer_loop(self) -> str:
        return self.locals.get("forloop") or "look(context, 'forloop')"

    def turn(self, node: ForNode, item: str, scope: str, entry: str) -> None:
        """The body of a loop, once."""
        if len(node.loopvars) == 1:
            name = node.loopvars[0]
            self.line(f"{scope}[{name!r}] = {item}")
            with self.scope({"forloop": entry, name: item}):
                self.nodes(node.nodelist_loop)
            return
        wanted = len(node.loopvars)
        values = [f"{item}{at}" for at in range(wanted)]
        self.line(f"{', '.join(values)} = {self.named(_unpack)}({item}, {wanted})")
        pairs = ", ".join(
            f"{name!r}: {value}" for name, value in zip(node.loopvars, values, strict=True)
        )
        self.line(f"scopes.append({{{pairs}}})")
        with self.scope({"forloop": entry} | dict(zip(node.loopvars, values, strict=True))):
            self.nodes(node.nodelist_loop)
        self.line("scopes.pop()")

    def pairs(self, values: dict[str, FilterExpression]) -> dict[str, str]:
        return {name: self.value(expression) for name, expression in values.items()}

    def within(self, node: WithNode) -> None:
        values = self.pairs(node.extra_context)
        # Values of the outer names have been read; a name of their own each.
        self.line(f"scopes.append({_dictionary(values)})")
        with self.inside("try:"), self.scope(values):
            self.nodes(node.nodelist)
        with self.inside("finally:"):
            self.line("scopes.pop()")

    def is_fixed(self, node: IncludeNode) -> bool:
        name = node.template
        return not name.filters and not name.is_var and not str(name.var).startswith(".")

    def included(self, node: IncludeNode) -> None:
        values = self.pairs(node.extra_context)
        name = str(node.template.var)
        template = self.named(rendering.Included(name, alone=node.isolated_context))
        self.line(f"add({template}.render(context, {_dictionary(values)}))")

    def tag(self, node: SimpleNode) -> None:
        args = ["context"] if node.takes_context else []
        args += [self.value(arg) for arg in node.args]
        if node.kwargs:  # a keyword of Python (`class`) may be the name of one
            args.append(f"**{_dictionary(self.pairs(node.kwargs))}")
        call = f"{self.named(node.func)}({', '.join(args)})"
        if node.target_var is None:
            self.line(f"add(shown({call}, context))")
        else:
            self.line(f"scopes[-1][{node.target_var!r}] = {call}")

    def message(self, node: BlockTranslateNode) -> None:
        """A message with values; what gettext gives for it is not kept here."""
        counted = bool(node.plural and node.countervar and node.counter)
        if counted and _names(node.counter) & node.extra_context.keys():
            self.call(node)  # counts one of its own values
            return
        singular, names = node.render_token_list(node.singular)
        plural, more = node.render_token_list(node.plural) if counted else ("", [])
        names = [*names, *more]
        if not all(map(str.isidentifier, names)):
            self.call(node)
            return
        given = self.pairs(node.extra_context)
        found, usual = f"translation.gettext({singular!r})", "True"
        if counted:
            count = given[node.countervar] = self.value(node.counter)
            found = f"translation.ngettext({singular!r}, {plural!r}, {count})"
            usual = f"isinstance({count}, Number)"
        shown = {name: f"text({given.get(name) or self.top(name)}, context)" for name in names}
        with self.inside("try:"):
            with self.inside(f"if not {usual}:"):
                self.line("raise ValueError")
            self.line(f"add({found} % {_dictionary(shown)})")
        with self.inside("except Exception:"):
            self.call(node)


def _dictionary(values: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name!r}: {value}" for name, value in values.items()) + "}"


def _names(expression: FilterExpression) -> set[str]:
    """Names of the context an expression asks for."""
    asked = [expression.var] if expression.is_var else []
    asked += [
        arg for _function, args in expression.filters for is_variable, arg in args if is_variable
    ]
    return {variable.lookups[0] for variable in asked if variable.lookups}


def _unpack(item: Any, wanted: int) -> list[Any]:
    """The values of one turn of a loop over several names, as Django takes them."""
    try:
        found = len(item)
    except TypeError:  # not an iterable
        found = 1
    if found != wanted:
        raise ValueError(f"Need {wanted} values to unpack in for loop; got {found}. ")
    return list(item)
