"""Sign-in, sign-out and one's own settings."""

from django.contrib.auth import views as auth
from django.urls import path

from agencies import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path("settings/", views.my_settings, name="my-settings"),
    path("password/", views.ChangePassword.as_view(), name="password"),
]
