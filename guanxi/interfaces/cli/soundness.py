"""What `guanxi check` and the administrator's page look at. A grave finding stops a production start; the others are
worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import connection

from guanxi.interfaces.operations.health import health
from guanxi.platform.backups.reads import warning as backups_warning
from guanxi.platform.journal.guards import TABLES
from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.people.settings_registry import value
from guanxi.settings import environment


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    what: Text
    cure: Text
    grave: bool = True


def findings() -> list[Finding]:
    """Everything found, grave ones first."""
    found = [*_settings(), *_database(), *_work(), *_backups(), *_files()]
    return sorted(found, key=lambda f: not f.grave)


def _settings() -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= checks.WARNING:
            said, hint = (
                f"{message.id}: {message.msg}",
                str(message.hint or "see Django's deployment checklist"),
            )
            grave = message.level >= checks.ERROR or settings.PRODUCTION
            yield Finding(Text(said, said), Text(hint, hint), grave)
    for name in environment.unknown():
        yield Finding(
            Text(f"没有名为 {name} 的设置", f"{name} is set, but there is no such setting"),
            Text(
                "核对拼写，见 docs/reference/settings.md", "check its spelling in docs/reference/settings.md"
            ),
            grave=False,
        )
    if settings.GUANXI_TASKS == "celery" and not settings.GUANXI_BROKER:
        yield Finding(
            Text(
                "用 Celery 传递任务，但没有设置消息中间件",
                "Celery is to carry the jobs, but no broker is named",
            ),
            Text("设置 GUANXI_BROKER", "set GUANXI_BROKER"),
        )
    if settings.PRODUCTION:
        yield from _production()
    if not settings.EMAIL_HOST:
        yield Finding(
            Text("没有邮件服务器", "no mail server"),
            Text(
                "设置 GUANXI_SMTP_HOST；在此之前提醒只显示在“今日”页面",
                "set GUANXI_SMTP_HOST; until then reminders stand on Today only",
            ),
            grave=False,
        )


def _production() -> Iterator[Finding]:
    if not settings.TLS:
        yield Finding(
            Text("正式使用但没有 TLS", "production without TLS"),
            Text(
                "使用 https（guanxi run --tls，或代理加 GUANXI_PROXY=1）",
                "serve https (guanxi run --tls, or a proxy with GUANXI_PROXY=1)",
            ),
        )
    clear = not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
    if settings.EMAIL_HOST_USER and clear and settings.EMAIL_HOST not in ("localhost", "127.0.0.1", "::1"):
        yield Finding(
            Text("邮箱密码会不加密地传给邮件服务器", "the mail password goes to the mail server in clear"),
            Text("设置 GUANXI_SMTP_TLS=1（STARTTLS）或 ssl", "set GUANXI_SMTP_TLS=1 (STARTTLS) or ssl"),
        )
    if settings.LOG_TO and settings.LOG_TO.scheme == "tcp" and not settings.LOG_TO.near:
        yield Finding(
            Text("日志不加密地传给另一台机器", "log lines go to another machine in clear"),
            Text("GUANXI_LOG_TO 用 tls:// 开头的地址", "let GUANXI_LOG_TO begin with tls://"),
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding(
            Text("GUANXI_HOSTS 允许任何主机名", "GUANXI_HOSTS allows any name"),
            Text("写明人们访问时所用的主机名", "name the hosts under which people reach it"),
        )
    if connection.vendor == "sqlite":
        yield Finding(
            Text("正式使用但用的是内置 SQLite", "production on the embedded SQLite"),
            Text(
                "一台机器上的小公司可以这样；规模更大时用 DATABASE_URL 指向 PostgreSQL",
                "fine for a small company on one machine; for more set DATABASE_URL to PostgreSQL",
            ),
            grave=False,
        )


def _database() -> Iterator[Finding]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding(
            Text("数据库比程序旧", "the database is older than the program"),
            Text("运行 guanxi setup", "run `guanxi setup`"),
        )
        return
    if settings.PRODUCTION and value("demo"):
        yield Finding(
            Text("这是演示公司", "this is the demo company"),
            Text(
                "换一个空的 GUANXI_HOME，或在系统管理中离开演示",
                "start with an empty GUANXI_HOME, or leave the demo on the administration page",
            ),
        )
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in TABLES:
            # The owner, who may become the owner, and a superuser.
            cursor.execute(
                "SELECT pg_has_role(current_user, tableowner, 'MEMBER') FROM pg_tables WHERE tablename = %s",
                [table],
            )
            row = cursor.fetchone()
            if row and row[0]:
                yield Finding(
                    Text(
                        f"应用的数据库角色等同于日志表 {table} 的所有者，可以撤掉日志的保护",
                        f"the application's database role owns {table} or may act as who does, so it could drop the "
                        "journal's guards",
                    ),
                    Text(
                        "换一个角色运行：guanxi journal grants 角色名 会给出所需 SQL",
                        "run it under another role: `guanxi journal grants ROLE` prints the SQL",
                    ),
                    grave=settings.PRODUCTION,
                )


def _work() -> Iterator[Finding]:
    stands = health(system_clock())
    if not stands.workers:
        yield Finding(
            Text("五分钟内没有见到工作进程", "no worker has been seen for five minutes"),
            Text("运行 guanxi run 或 guanxi worker", "run `guanxi run`, or `guanxi worker`"),
            grave=False,
        )
    elif stands.late:
        yield Finding(
            Text(
                "一刻钟以上没有推进时间，到期的事项没有判定",
                "time has not been let pass for a quarter of an hour",
            ),
            Text("在系统管理的后台任务页面查看", "look at the background work page"),
            grave=False,
        )
    if stands.undelivered:
        yield Finding(
            Text("{n} 封邮件未送达", "E-mail not delivered: {n}").format(n=stands.undelivered),
            Text("在系统管理的发件箱查看", "look at the outbox"),
            grave=False,
        )
    if stands.failed:
        yield Finding(
            Text("{n} 项后台任务失败", "Background jobs given up: {n}").format(n=stands.failed),
            Text("在系统管理的后台任务页面查看", "look at them on the background work page"),
            grave=False,
        )


def _backups() -> Iterator[Finding]:
    if (about := backups_warning()) is not None:
        yield Finding(
            about,
            Text(
                "在系统管理的备份页面设置周期、查看结果，或运行 guanxi backup",
                "see the backups page under Administration, or run `guanxi backup`",
            ),
            grave=False,
        )


def _files() -> Iterator[Finding]:
    home = Path(settings.HOME)
    for kept in (home / "secret-key", home / "guanxi.sqlite3"):
        if kept.exists() and kept.stat().st_mode & 0o077:
            yield Finding(
                Text(f"别人可以读取 {kept.name}", f"others may read {kept.name}"),
                Text("在数据目录中对它执行 chmod 600", "chmod 600 it in the data folder"),
            )
    fonts = settings.PACKAGE / "static_vendor" / "fonts"
    if not any(fonts.glob("*.ttf")):
        yield Finding(
            Text("没有打印 PDF 所需的字体", "no fonts for PDFs"),
            Text("运行 make setup", "run `make setup`"),
            grave=False,
        )
