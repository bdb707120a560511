"""Pages of the import."""

from django.urls import include, path

from intake import mending, views

urlpatterns = [
    path("", include("intake.export.urls")),
    path("import/", views.upload, name="import-upload"),
    path("import/<int:pk>/", views.batch, name="import-batch"),
    path("import/<int:pk>/start/", views.start, name="import-start"),
    path("import/<int:pk>/again/", views.look_again, name="import-again"),
    path("import/<int:pk>/progress/", views.progress, name="import-progress"),
    path("import/<int:pk>/undo/", views.undo, name="import-undo"),
    path("import/sample.xlsx", views.sample, name="import-sample"),
    path("import/agencies/", views.agency_names, name="import-agencies"),
    path("import/quarantine/", mending.quarantine, name="import-quarantine"),
    path("import/quarantine/<int:pk>/", mending.quarantined, name="import-quarantined"),
]
