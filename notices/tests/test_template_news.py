"""The owner of a template hears of its last day."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.roles import Role
from cases import keeping
from cases.models import News, ReplyTemplate
from notices.models import Notice
from notices.telling import of_news, tell
from tests import factories
from tests.acting import client_of

pytestmark = pytest.mark.django_db


def template(name: str = "Яма", **facts: Any) -> ReplyTemplate:
    return ReplyTemplate.objects.create(
        name=name, text="Яму засыпят до [дата].", approved_at=timezone.now(), **facts
    )


def test_the_owner_is_told_before_the_last_day_and_after_it_once(region: Any) -> None:
    today = timezone.localdate()
    owner = factories.make_person(Role.CURATOR, region["own"])
    made = template(owner=owner, expires_on=today + timedelta(days=10))
    template("без владельца", expires_on=today)
    template("далеко", owner=owner, expires_on=today + timedelta(days=60))
    assert keeping.mind_templates() == 1
    assert keeping.mind_templates() == 0
    news = News.objects.get(kind="template")
    assert (news.person, news.data["state"]) == (owner, "soon")
    later = timezone.now() + timedelta(days=12)
    assert keeping.mind_templates(later) == 1
    assert News.objects.filter(kind="template", data__state="past").count() == 1
    tell(of_news(list(News.objects.filter(kind="template"))))
    told = Notice.objects.filter(person=owner, kind="template")
    assert told.count() == 2
    page = client_of(owner).get(reverse("notices")).content.decode()
    assert made.name in page
    assert reverse("template-detail", args=[made.pk]) in page
