"""The calendar holds nothing of people."""

from guanxi.platform.kernel.personal import holds_nothing

holds_nothing("calendar.CalendarYear", "days", "names", "company", "hours")
