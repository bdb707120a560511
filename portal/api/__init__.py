"""Assembly of the REST API: router, pagination, problem details."""
