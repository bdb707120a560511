"""Lists of texts reach the database as they are."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from database.arrays import text_array

ODD = ["", "NULL", "null", 'a"b', "a\\b", "{x}", "a,b", " ", "\n", "'", '\\"', "ж,«»", "\\\\", "{}"]


@pytest.mark.django_db
@pytest.mark.parametrize("values", [[], [""], ODD, ODD[::-1]])
def test_odd_texts_arrive(values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s::text[]", [text_array(values)])
        assert cursor.fetchone()[0] == values


class AnyTexts(TestCase):
    @settings(max_examples=50, deadline=None)
    @given(
        st.lists(
            st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"])),
            max_size=8,
        )
    )
    def test_any_texts_arrive(self, values: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select %s::text[]", [text_array(values)])
            assert cursor.fetchone()[0] == values
