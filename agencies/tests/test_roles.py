"""docs/access.md shows the matrix as it is."""

from pathlib import Path

from agencies.roles import HOLDERS, Right, Role, rights_of

DOC = Path(__file__).parents[2] / "docs" / "access.md"


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def _table() -> dict[str, set[str]]:
    lines = DOC.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("| Право |"))
    roles = _cells(lines[at])[2:]
    table: dict[str, set[str]] = {}
    for line in lines[at + 2 :]:
        if not line.startswith("|"):
            break
        right, _words, *marks = _cells(line)
        table[right] = {role for role, mark in zip(roles, marks, strict=True) if mark == "✓"}
    return table


def test_the_table_of_the_document_equals_the_matrix() -> None:
    assert _table() == {str(right): {str(r) for r in roles} for right, roles in HOLDERS.items()}


def test_every_right_has_a_holder_and_every_role_a_right() -> None:
    assert set(HOLDERS) == set(Right)
    assert all(HOLDERS.values())
    assert all(rights_of(role) for role in Role)


def test_an_administrator_reads_no_texts_and_sees_no_contacts() -> None:
    rights = rights_of(Role.ADMINISTRATOR)
    assert Right.VIEW_STATES in rights
    assert not rights & {Right.VIEW_CASES, Right.VIEW_CONTACTS, Right.WRITE_NOTES}


def test_who_imports_reads_nothing() -> None:
    assert rights_of(Role.IMPORT_SERVICE) == {Right.IMPORT_MESSAGES}
