"""Pages of the exports."""

from django.urls import path

from intake.export import views

urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("exports/<int:pk>/", views.export, name="export"),
    path("exports/<int:pk>/progress/", views.progress, name="export-progress"),
    path("exports/<int:pk>/file/", views.file, name="export-file"),
]
