"""What a given PostgreSQL server is; runs inside the environment (psycopg).

    DATABASE_URL=… python server_facts.py

prints {"version": 170002, "cyrillic": true, "region": false}.
"""

import json
import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=10) as connection:
    version, lowered = connection.execute(
        "select current_setting('server_version_num')::int, lower('Ё')"
    ).fetchone()
    table = connection.execute("select to_regclass('agencies_agency')").fetchone()[0]
    region = bool(table) and bool(connection.execute("select 1 from agencies_agency").fetchone())
print(json.dumps({"version": version, "cyrillic": lowered == "ё", "region": region}))
