"""Each form has fields of its own, though what no form changes is shared."""

import pytest

from cases.doors import DOORS
from tests import factories


@pytest.mark.django_db
def test_what_one_form_changes_the_next_does_not_see() -> None:
    case, person = factories.make_case(), factories.make_person("executor")
    for door in DOORS.values():
        form_class = type(door.form(case=case, actor=person))
        first, second = (form_class(case=case, actor=person) for _ in range(2))
        for name, field in first.fields.items():
            assert field is not form_class.base_fields[name]
            field.label, field.required = "changed", not field.required
            field.widget.attrs["autofocus"] = True
            if hasattr(field, "choices"):
                field.choices = [("x", "changed")]
            other = second.fields[name]
            fresh = form_class(case=case, actor=person).fields[name]
            for untouched in (other, fresh):
                assert untouched.label != "changed"
                assert untouched.required is not field.required
                assert "changed" not in str(list(getattr(untouched, "choices", ())))
            assert fresh.widget.attrs.get("autofocus") is None
