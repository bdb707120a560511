"""The digest: the editors' desk, the public page, the cases behind a sentence."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.access import holds_anywhere
from agencies.models import User
from agencies.roles import Right
from cases.errors import BadChange
from cases.forms import word_change
from cases.models import Case
from reports import digests, files
from reports.forms import MakeForm, has_contacts
from reports.models import Digest, DigestEntry
from reports.periods import region_today

PAGE = 50
_SHOWN = 30


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = DigestEntry
        fields = ("heading", "sentence", "progress", "on")
        widgets = {
            "sentence": forms.Textarea(attrs={"rows": 3}),
            "on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }


class DigestForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Digest
        fields = ("intro", "hashtags")
        widgets = {"intro": forms.Textarea(attrs={"rows": 2})}

    def clean_intro(self) -> str:
        text: str = self.cleaned_data["intro"]
        if has_contacts(text):
            raise forms.ValidationError(_("Take out phones, mails and links: the page is public."))
        return text


def _editor(request: HttpRequest) -> User:
    user: User = request.user  # type: ignore[assignment]
    if not digests.may_edit(user):
        raise PermissionDenied
    return user


def _words(digest: Digest) -> str:
    return files.period_words((digest.first, digest.last))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def desk(request: HttpRequest) -> HttpResponse:
    """Digests made so far; a new one with what the portal proposes for its days."""
    user = _editor(request)
    form = MakeForm(
        request.POST or None, agencies=[], today=region_today(), initial={"period": "month"}
    )
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        made = Digest.objects.create(
            first=days.first, last=days.last, created_by=user, hashtags=digests.default_hashtags()
        )
        digests.propose(made)
        return redirect("digest", pk=made.pk)
    rows = [{"digest": one, "period": _words(one)} for one in Digest.objects.all()[:_SHOWN]]
    return render(request, "reports/digests.html", {"form": form, "rows": rows})


def _page(
    request: HttpRequest, found: Digest, *, error: str = "", wrong: Any = None, form: Any = None
) -> HttpResponse:
    entries = list(
        found.entries.select_related("topic", "territory", "event").order_by("position", "pk")
    )
    context = {
        "digest": found,
        "period_words": _words(found),
        "entries": [
            wrong if wrong and wrong.instance.pk == entry.pk
            else EntryForm(instance=entry, auto_id=f"id_{entry.pk}_%s")
            for entry in entries
        ],
        "confirmed": sum(entry.confirmed_at is not None for entry in entries),
        "form": form or DigestForm(instance=found),
        "post": digests.post_text(found),
        "error": error,
    }  # fmt: skip
    return render(request, "reports/digest.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def digest(request: HttpRequest, pk: int) -> HttpResponse:
    """The decisions, each to be confirmed; introduction and hashtags; the text of a post."""
    user = _editor(request)
    found = get_object_or_404(Digest, pk=pk)
    if request.method != "POST":
        return _page(request, found)
    step = request.POST.get("step", "")
    try:
        if step == "publish":
            digests.publish(found, actor=user)
        elif step == "withdraw":
            digests.withdraw(found)
        elif step == "propose":
            digests.propose(found)
        else:
            form = DigestForm(request.POST, instance=found)
            if not form.is_valid():
                return _page(request, found, form=form)
            form.save()
    except BadChange as refusal:
        return _page(request, found, error=word_change(refusal.code))
    return redirect("digest", pk=found.pk)


@login_required
@require_POST
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a decision with these words, or put it aside."""
    user = _editor(request)
    found = get_object_or_404(DigestEntry.objects.select_related("digest"), pk=pk)
    if request.POST.get("step") == "drop":
        found.delete()
        return redirect("digest", pk=found.digest_id)
    form = EntryForm(request.POST, instance=found, auto_id=f"id_{pk}_%s")
    if form.is_valid():
        values = form.cleaned_data
        try:
            digests.confirm(found, actor=user, **values)
        except BadChange as refusal:
            form.add_error("sentence", word_change(refusal.code))
        else:
            return redirect("digest", pk=found.digest_id)
    return _page(request, found.digest, wrong=form)


@login_required
@require_safe
def entry_cases(request: HttpRequest, pk: int) -> HttpResponse:
    """The cases a decision stands on, those of them this person may read."""
    user: User = request.user  # type: ignore[assignment]
    if not holds_anywhere(user, (Right.VIEW_CASES,)):
        raise PermissionDenied
    rows = DigestEntry.objects.select_related("digest")
    if not digests.may_edit(user):
        rows = rows.filter(confirmed_at__isnull=False, digest__published_at__isnull=False)
    found = get_object_or_404(rows, pk=pk)
    cases = (
        Case.objects.visible_to(user)
        .filter(pk__in=found.links.values("case"))
        .select_related("citizen", "agency")
        .defer("search")
        .order_by("-pk")
    )
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 15:
        cases = cases.filter(pk__lt=int(after))
    page = list(cases[: PAGE + 1])
    context = {
        "entry": found,
        "cases": page[:PAGE],
        "further": page[PAGE - 1].pk if len(page) > PAGE else None,
    }
    return render(request, "reports/digest_cases.html", context)


@require_safe
def decisions(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """For everybody, without signing in: confirmed decisions of published digests."""
    shown = digests.public()
    found = get_object_or_404(shown, pk=pk) if pk is not None else shown.first()
    user: Any = request.user
    entries = list(digests.public_entries(found)) if found else []
    groups: dict[int, list[Any]] = {}
    for one in entries:
        if one.topic is not None:
            groups.setdefault(one.topic.group_id, [one.topic.group.name, 0])[1] += 1
    chosen = request.GET.get("group", "")
    context = {
        "digest": found,
        "region": files.region_name(),
        "period_words": _words(found) if found else "",
        "total": len(entries),
        "entries": [
            one for one in entries
            if not chosen or (one.topic is not None and str(one.topic.group_id) == chosen)
        ],
        "groups": [(str(key), name, n) for key, (name, n) in groups.items()],
        "chosen": chosen,
        "earlier": [(one.pk, _words(one)) for one in shown.exclude(pk=found.pk)[:12]]
        if found else [],
        "links": user.is_authenticated and holds_anywhere(user, (Right.VIEW_CASES,)),
        "edits": user.is_authenticated and digests.may_edit(user),
    }  # fmt: skip
    return render(request, "reports/decisions.html", context)


__all__ = ["decisions", "desk", "digest", "entry", "entry_cases"]
