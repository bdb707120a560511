"""Cases out of the portal as a table: the layout that is also read, made by the worker."""
