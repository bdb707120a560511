"""Pictures as evidence: older than the message, shown before, asked for by the topic."""

import random
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from agencies.models import Agency, User
from cases import actions, attachments, checking
from cases.attachments import CheckedFile, add_to_message
from cases.models import Case, Picture
from cases.pictures import MOST_PIXELS, bands_of, facts_of
from cases.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db

TEXT = factories.REPLY


def photo(seed: int, *, taken: Any = None, size: int = 320, quality: int = 90) -> bytes:
    """A picture of random blotches; `taken`: of the camera's clock."""
    dice = random.Random(seed)
    small = Image.new("RGB", (12, 12))
    small.putdata([tuple(dice.randrange(256) for _c in "rgb") for _p in range(144)])
    big = small.resize((size, size), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = f"{taken:%Y:%m:%d %H:%M:%S}"
    out = BytesIO()
    big.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


@pytest.fixture
def agency() -> Agency:
    factories.load_reference()
    return factories.make_agency("own")


@pytest.fixture
def author(agency: Agency) -> User:
    return factories.make_person("executor", agency)


def case_of(agency: Agency, author: User) -> Case:
    return factories.make_case(Status.IN_WORK, agency, executor=author)


def attach(case: Case, author: User, data: bytes) -> None:
    uploaded = SimpleUploadedFile("двор.jpg", data, "image/jpeg")
    attachments.add(case, actor=author, uploaded=uploaded)


def codes(case: Case, author: User, **given: Any) -> list[str]:
    fresh = Case.objects.defer("search").get(pk=case.pk)
    found = checking.check(checking.ground_of(fresh, author), TEXT, **given)
    return sorted(f"{f.code} {(f.params or {}).get('why', '')}".strip() for f in found.findings)


def test_a_fresh_photo_of_its_own_case_is_good(agency: Agency, author: User) -> None:
    case = case_of(agency, author)
    attach(case, author, photo(1, taken=timezone.localtime()))
    found = codes(case, author)
    assert "P1" in found
    assert not [code for code in found if code.startswith("Q18")]


def test_a_photo_older_than_the_message_is_found(agency: Agency, author: User) -> None:
    case = case_of(agency, author)
    local = timezone.localtime(timezone=agency.zone)
    attach(case, author, photo(2, taken=local - timedelta(days=40)))
    assert "Q18 older" in codes(case, author)


def test_a_photo_of_another_case_is_found_also_when_saved_anew(
    agency: Agency, author: User
) -> None:
    first = case_of(agency, author)
    attach(first, author, photo(3))
    same, alike, other = (case_of(agency, author) for _n in range(3))
    attach(same, author, photo(3))
    attach(alike, author, photo(3, size=220, quality=60))
    attach(other, author, photo(4))
    assert "Q18 reused" in codes(same, author)
    assert "Q18 reused" in codes(alike, author)
    assert not [code for code in codes(other, author) if code.startswith("Q18")]


def test_the_citizens_own_photo_sent_back_proves_nothing(agency: Agency, author: User) -> None:
    case = case_of(agency, author)
    data = photo(5)
    uploaded = SimpleUploadedFile("яма.jpg", data, "image/jpeg")
    file: CheckedFile = attachments.checked(uploaded)
    add_to_message(case, case.messages.get(), [file], actor=author)
    attach(case, author, data)
    assert "Q18 reused" in codes(case, author)


def test_a_reply_taken_back_does_not_wear_its_photo_out(agency: Agency, author: User) -> None:
    case = case_of(agency, author)
    attach(case, author, photo(6))
    actions.submit_reply(case, actor=author, text=TEXT, override="да")
    fresh = Case.objects.defer("search").get(pk=case.pk)
    actions.withdraw_reply(fresh, actor=author)
    assert not [code for code in codes(case, author) if code.startswith("Q18")]


def test_solved_needs_a_photo_where_the_topic_asks_for_one(agency: Agency, author: User) -> None:
    topic = factories.make_topic("yards.snow")
    topic.photo_required = True
    topic.save()
    case = factories.make_case(Status.IN_WORK, agency, executor=author, topic=topic)
    client = Client()
    client.force_login(author)
    address = reverse("api-case-submit-reply", args=[case.number])
    sent = {"text": TEXT, "outcome": "solved"}
    refused = client.post(address, sent, "application/json")
    assert refused.status_code == 422
    assert "Q05" in codes(case, author, outcome="solved")
    attach(case, author, photo(7))
    assert "Q05" not in codes(case, author, outcome="solved")
    assert client.post(address, sent, "application/json").status_code == 200


@pytest.mark.parametrize("cut", [0, 10, 200, 4000])
def test_a_broken_picture_tells_nothing(cut: int) -> None:
    assert facts_of(photo(8)[:cut]).taken == ""


def test_a_plain_picture_has_no_print_and_a_bomb_is_not_opened() -> None:
    out = BytesIO()
    Image.new("RGB", (64, 64), "white").save(out, "PNG")
    assert facts_of(out.getvalue()).print is None
    out = BytesIO()
    Image.new("1", (MOST_PIXELS // 5000 + 1, 5000)).save(out, "PNG")
    assert facts_of(out.getvalue()).print is None


def test_a_print_is_kept_once_for_a_file_and_found_by_its_bands(
    agency: Agency, author: User
) -> None:
    for _n in range(2):
        attach(case_of(agency, author), author, photo(9))
    picture = Picture.objects.get()
    assert picture.print is not None
    assert bands_of(picture.print) == [picture.band0, picture.band1, picture.band2, picture.band3]
