"""What the journal remembers of the calendar. A deadline can always say which calendar it was counted by."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

LOADED = fact_kind(
    FactKind(
        "calendar.loaded",
        subject="calendar",
        label=Text("载入工作日历", "Calendar loaded"),
        # days: ISO date -> 'work' or 'rest', only where it differs from Monday to Friday;
        # hours: [opening, closing] pairs in order, empty: as before. The shape is the one that the engine reads.
        fields={"year": "int", "published": "bool", "days": "map", "hours": "map"},
        sentence=Text("载入 {year} 年工作日历", "Loaded the working calendar of {year}"),
        icon="calendar",
        on_timeline=False,
    )
)
CORRECTED = fact_kind(
    FactKind(
        "calendar.corrected",
        subject="calendar",
        label=Text("更正工作日历", "Calendar corrected"),
        fields={"year": "int", "day": "date", "working": "bool", "was": "bool", "source": "str"},
        texts=("reason",),
        sentence=Text("更正 {day}：{reason}", "Corrected {day}: {reason}"),
        icon="calendar",
        on_timeline=False,
    )
)
