"""Sign-in and personal settings."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from agencies import actions
from agencies.forms import SettingsForm, SignInForm


class SignIn(auth.LoginView):
    template_name = "agencies/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A live part of a page must not be filled with the sign-in form: it is told instead."""
        if request.htmx and not request.user.is_authenticated:
            return render(request, "components/_signed_out.html", status=401)
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer


class ChangePassword(auth.PasswordChangeView):
    template_name = "agencies/password.html"
    success_url = reverse_lazy("my-settings")

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        person = self.request.user
        actions.end_tokens(person)
        actions.record(person, "change_password", actor=person, agency=person.agency)
        messages.success(self.request, _("Password changed"))
        return answer


@login_required
def my_settings(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Settings saved"))
        return redirect("my-settings")
    return render(request, "agencies/settings.html", {"form": form})
