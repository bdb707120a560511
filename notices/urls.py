"""Pages of notices."""

from django.urls import path

from notices import views

urlpatterns = [
    path("notices/", views.notice_list, name="notices"),
    path("notices/bell/", views.bell, name="notice-bell"),
    path("notices/read/", views.read, name="notice-read"),
    path("notices/pause/", views.pause, name="notice-pause"),
    path("cases/<str:number>/presence/", views.presence, name="case-presence"),
    path("notices/settings/", views.settings, name="notice-settings"),
]
