"""The database as the portal asks it: Django's backend, its pool, statements written by hand."""
