"""Forms of the sign-in and of personal settings."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from agencies.models import User


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("Wrong name or password. Check the keyboard layout and Caps Lock."),
        "inactive": _("This account is switched off. Ask your administrator."),
    }


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["theme", "text_size", "more_contrast", "letter_keys"]
        widgets = {"theme": forms.RadioSelect, "text_size": forms.RadioSelect}
