#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fill.py DATABASE: the many events of data.js, put into an SQLite file that has its table of events already. Importing
them would take longer than all tests."""
import sqlite3
import sys

AGGREGATES = 100_000
EVENTS = 10_000
TIME = "strftime('%Y-%m-%dT%H:%M:%S.000Z', 1714809600 + n, 'unixepoch')"  # as data.js has it

database = sqlite3.connect(sys.argv[1])
numbers = "WITH RECURSIVE number(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last}) "
database.execute(numbers.format(first=1, last=EVENTS) + f"""
    INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload)
    SELECT 'COUNTERS', 'long', n,
           CASE WHEN n % 10 = 0 THEN 'COUNTER_RENAMED' WHEN n % 3 = 0 THEN 'COUNTER_DECREASED' ELSE 'COUNTER_INCREASED' END,
           {TIME},
           CASE WHEN n % 10 = 0 THEN json_object('name', 'counter ' || (n / 10))
                ELSE json_object('value', n, 'by', json_object('user', 'user' || (n % 17))) END
    FROM number""")
database.execute(numbers.format(first=0, last=AGGREGATES - 1) + f"""
    INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload)
    SELECT 'MANY', printf('order-%06d', n), 1, 'ORDER_PLACED', {TIME},
           json_object('customer', 'c' || (n % 997), 'total', n)
    FROM number""")
database.commit()
