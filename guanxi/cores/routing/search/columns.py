"""Columns of the tables that compiled code works on; `state` says what each holds.

A few tables with columns instead of many arrays: the compiler's time grows with the number of arrays that are passed.
"""

from __future__ import annotations

COST_ON, COST_TO, MINUTES_ON, MINUTES_TO = range(4)
DAY, OWNER, MODE, START, END, STOPS = range(6)
EARLY, LATE, MOST, CAPACITY, PRICE, MINUTE_PRICE = range(6)
OWNER_MOST, OWNER_HAS = range(2)
VISITS, LEVEL, LIST, GROUP, MAY_START = range(5)
SERVICE, LOAD, PRIZE = range(3)
DAYS_START, SHORT = range(2)
NOW, OLD = range(2)
SIZE, VERSION, TOUCHED, DIRTY, OVER = range(5)
LOAD_SUM, COST_SUM, MINUTES_SUM = range(3)
AHEAD, BEHIND = range(2)
CHANGED, CHANGES, GONE, GONE_DAY = range(4)
