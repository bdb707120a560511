"""The floor: two bytes from Django without middleware, session or database."""
