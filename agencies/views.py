"""Sign-in and personal settings."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

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


@login_required
def my_settings(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Settings saved"))
        return redirect("my-settings")
    return render(request, "agencies/settings.html", {"form": form})
