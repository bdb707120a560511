"""Reference data out to a table and back: looked at first, then taken in one transaction."""
