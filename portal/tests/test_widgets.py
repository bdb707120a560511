"""Fields drawn by the portal are the elements Django's own templates draw."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test import SimpleTestCase
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from agencies.models import User
from cases.filters import CaseFilter
from portal.widgets import FieldRenderer

CHOICES = [("", "—"), ("a&b", "<Первый>"), ("Группа «1»", [(2, "второй"), (3, mark_safe("<b>"))])]


class Everything(forms.Form):
    text = forms.CharField(initial='"><script>', max_length=20, label=gettext_lazy("Keys"))
    area = forms.CharField(widget=forms.Textarea, initial="\n</textarea>")
    empty_area = forms.CharField(widget=forms.Textarea(attrs={"readonly": True, "data-x": False}))
    number = forms.IntegerField(initial=0, min_value=0)
    hidden = forms.CharField(widget=forms.HiddenInput, initial=5)
    address = forms.URLField(assume_scheme="https")
    mail = forms.EmailField(required=False, disabled=True)
    password = forms.CharField(widget=forms.PasswordInput)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    yes = forms.BooleanField(initial=True, help_text="help")
    no = forms.BooleanField(required=False)
    one = forms.ChoiceField(choices=CHOICES, initial=2)
    many = forms.MultipleChoiceField(choices=CHOICES, initial=["a&b", "3"])
    radio = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, initial=3)
    boxes = forms.MultipleChoiceField(
        choices=CHOICES, widget=forms.CheckboxSelectMultiple(attrs={"class": "two columns"})
    )
    file = forms.FileField()


@pytest.mark.parametrize("data", [None, {"text": "<&>", "one": "3", "boxes": ["a&b", "2"]}])
@pytest.mark.parametrize("name", list(Everything.base_fields))
def test_a_field_is_the_element_django_draws(name: str, data: dict[str, object] | None) -> None:
    ours = Everything(data, renderer=FieldRenderer())[name].as_widget()
    djangos = Everything(data, renderer=DjangoTemplates())[name].as_widget()
    SimpleTestCase().assertHTMLEqual(ours, djangos)
    assert ours.__html__() == ours


@pytest.mark.django_db
def test_every_condition_of_a_list_is_drawn_as_django_draws_it(rf) -> None:
    request = rf.get("/")
    request.user = User(username="x", is_active=True)
    form = CaseFilter({}, request=request, every=True).form
    for field in form:
        ours = str(field)
        form.renderer = DjangoTemplates()
        SimpleTestCase().assertHTMLEqual(ours, str(field))
        form.renderer = FieldRenderer()
