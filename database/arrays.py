"""Long lists as parameters."""

from collections.abc import Iterable


def text_array(values: Iterable[str]) -> str:
    """The text PostgreSQL reads as `text[]` (write `%s::text[]`).

    psycopg dumps a list value by value, each through a dumper of its own: of thousands of texts
    that is a twentieth of an import.
    """
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"
