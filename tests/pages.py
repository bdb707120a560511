"""Reading a page as strictly as the browser's policy does."""

from html.parser import HTMLParser


class _Inline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.fields: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or "style" in names:
            self.found.append(f"style: {tag}")
        if tag == "script" and "src" not in names and "json" not in (names.get("type") or ""):
            self.found.append("script")
        self.found += [f"{tag} {name}" for name in names if name.startswith("on")]
        for name in ("src", "href", "action"):
            value = names.get(name) or ""
            if value.startswith(("http://", "https://", "//", "javascript:", "data:")):
                self.found.append(f"{tag} {name}={value}")
        if tag in ("input", "select", "textarea") and names.get("name"):
            self.fields.add(str(names["name"]))


def inline_of(html: str) -> list[str]:
    """What a strict policy would block: inline styles, scripts, handlers, foreign hosts."""
    parser = _Inline()
    parser.feed(html)
    return parser.found


def fields_of(html: str) -> set[str]:
    """Names of all form fields on the page."""
    parser = _Inline()
    parser.feed(html)
    return parser.fields
