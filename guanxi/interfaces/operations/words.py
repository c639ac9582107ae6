"""What runs by itself, in words: each job, its states, its timetable."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.ui import states

JOB_WORDS: dict[str, Text] = {
    "customers.find_new_twins": Text(
        "比对新建和改过的客户", "Compare customers that were entered or changed"
    ),
    "customers.clear_looks": Text("清除到期的查看记录", "Clear looks whose period is over"),
    "attachments.scan": Text("附件病毒扫描", "Scan files for viruses"),
    "attachments.clear": Text("清除已删除的附件", "Clear removed files"),
    "contacts.tell_overdue": Text("提醒保存期限已满的联系人", "Say whose retention period is over"),
    "contacts.clear_imports": Text("清除到期的导入文件", "Clear imported files whose period is over"),
    "contacts.scrub": Text("把已抹除的内容清出数据文件", "Clear what was erased out of the files"),
    "customers.find_twins": Text("全部查重", "Search customers for twins"),
    "norms.daily_run": Text("推进时间，判定到期义务", "Let time pass, judge what is due"),
    "journal.sum_refusals": Text("汇总被拒绝的操作", "Sum up refused attempts"),
    "journal.verify": Text("核验日志", "Verify the journal"),
    "messages.deliver": Text("发送邮件", "Send messages"),
    "messages.clear": Text("清除旧邮件内容", "Clear old messages"),
    "calendar.keep_up": Text("更新工作日历", "Keep the working calendar up"),
    "ownfields.indexes": Text("维护自定义字段的索引", "Keep the indexes of own fields"),
    "ownfields.retype": Text("自定义字段换类型", "Change the type of an own field"),
    "ownfields.search": Text("更新自定义字段的搜索", "Find rows by what own fields are now"),
    "people.clear_sessions": Text("清除已结束的登录", "Drop sessions that are over"),
    "people.turn_roles": Text("角色按日期生效和结束", "Let roles begin and end by date"),
    "customers.plan_import": Text("检查导入的客户", "Judge the rows of an import"),
    "backups.scheduled": Text("定期备份", "Scheduled backup"),
    "backups.by_hand": Text("手工备份", "Backup by hand"),
    "customers.run_import": Text("导入客户", "Import customers"),
    "customers.undo_import": Text("撤销导入", "Undo an import"),
}
JOB_STATES = {
    "queued": Text("排队", "Queued"),
    "running": Text("进行中", "Running"),
    "done": Text("完成", "Done"),
    "failed": Text("失败", "Failed"),
}
for _name, _tone, _icon in (
    ("queued", "quiet", "hourglass"),
    ("running", "accent", "play"),
    ("done", "good", "circle-check"),
    ("failed", "bad", "circle-x"),
):
    states.declare(f"job-{_name}", JOB_STATES[_name], _tone, _icon)


def job_words(name: str) -> Text:
    """What a job does, in words; its name where it has none."""
    return JOB_WORDS.get(name) or Text(name, name)


def timetable(cron: str) -> Text:
    """A time table as people say it: every minute, daily at an hour; any other as it stands."""
    minute, hour, *rest = cron.split()
    if rest != ["*", "*", "*"]:
        return Text(cron, cron)
    if (minute, hour) == ("*", "*"):
        return Text("每分钟", "Every minute")
    if hour == "*" and minute.startswith("*/") and minute[2:].isdecimal():
        return Text(f"每 {minute[2:]} 分钟", f"Every {minute[2:]} minutes")
    if minute.isdecimal() and hour.isdecimal():
        at = f"{int(hour):02d}:{int(minute):02d}"
        return Text(f"每天 {at}", f"Daily at {at}")
    return Text(cron, cron)
