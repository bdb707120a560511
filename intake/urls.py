"""Pages of the import."""

from django.urls import path

from intake import views

urlpatterns = [
    path("import/", views.upload, name="import-upload"),
]
