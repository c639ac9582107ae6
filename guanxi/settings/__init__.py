"""Django's settings. Everything that differs between places comes from the environment; see docs/reference/settings.md.

GUANXI_HOME      data folder: database, secret key, uploads, backups (default: ./var)
DATABASE_URL     postgresql://… ; without it an embedded SQLite in GUANXI_HOME
GUANXI_MODE      'local' (default), 'production' (`guanxi check` refuses what is unsafe), 'test' (static files as they lie)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import environment
from .database import database_from
from .provider import application_from, provider_from
from .secrets import secret_key
from .shipping import receiver_from
from .zone import zone_of

PACKAGE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("GUANXI_HOME", PACKAGE.parent / "var")).resolve()
MODE = environment.choice("GUANXI_MODE", ("local", "production", "test"), "local")
PRODUCTION = MODE == "production"
TLS = environment.flag("GUANXI_TLS", PRODUCTION)

SECRET_KEY = environment.text("GUANXI_SECRET_KEY") or secret_key(HOME)
DEBUG = False
ALLOWED_HOSTS = environment.words("GUANXI_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.words("GUANXI_ORIGINS")
ROOT_URLCONF = "guanxi.interfaces.web.urls"
WSGI_APPLICATION = "guanxi.interfaces.web.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "guanxi.platform.journal",
    "guanxi.platform.people",
    "guanxi.platform.jobs",
    "guanxi.platform.ui",
    "guanxi.platform.views",
    "guanxi.platform.ownfields",
    "guanxi.platform.calendar",
    "guanxi.platform.documents",
    "guanxi.platform.messages",
    "guanxi.platform.imports",
    "guanxi.platform.search",
    "guanxi.platform.approvals",
    "guanxi.platform.regulations",
    "guanxi.platform.tables",
    "guanxi.platform.backups",
    "guanxi.domains.customers",
    "guanxi.domains.visits",
    "guanxi.domains.orders",
    "guanxi.interfaces",
]
INSTALLED_APPS = [
    a
    for a in INSTALLED_APPS
    if not a.startswith("guanxi.") or (PACKAGE / "/".join(a.split(".")[1:]) / "apps.py").is_file()
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "guanxi.interfaces.web.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "guanxi.platform.people.sessions.SessionEnds",
    "django_otp.middleware.OTPMiddleware",
    "guanxi.interfaces.web.middleware.PersonLanguage",
    "guanxi.interfaces.web.middleware.Sizes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "guanxi.interfaces.setup.middleware.FirstRun",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "guanxi.interfaces.web.middleware.Answers",
    "axes.middleware.AxesMiddleware",
    "guanxi.domains.customers.looks.keeping.LooksAreKept",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "guanxi.platform.ui.context.frame",
            ],
            "builtins": ["guanxi.platform.ui.templatetags.t"],
        },
    }
]

DATABASES = {"default": database_from(environment.text("DATABASE_URL"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if MODE == "test":  # tests sign in a thousand times; the real hash is meant to be slow
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "guanxi.platform.people.web.signin.locked_out"
AXES_CLIENT_IP_CALLABLE = "guanxi.platform.people.addresses.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # who signed in stands in the journal (session.began)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = zone_of(HOME)

STATIC_URL = "static/"
STATICFILES_DIRS = [d for d in [("vendor", PACKAGE / "static_vendor")] if d[1].is_dir()]
STATIC_ROOT = HOME / "static"
COLLECTED = MODE != "test"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "guanxi.interfaces.web.static.Collected"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED
MEDIA_ROOT = HOME / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "guanxi.platform.ui.uploads.ToDisk",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
SCAN = environment.text("GUANXI_SCAN")
SCAN_SECONDS = environment.number("GUANXI_SCAN_SECONDS", 60, 3600)

MAP_KEY = environment.text("GUANXI_MAP_KEY")  # of the company's map pictures; browsers see it

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
if TLS:  # no other site under the same domain can set one of this name
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_ENGINE = "guanxi.platform.people.session_store"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "guanxi.interfaces.web.faults.out_of_date"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = PRODUCTION and TLS
SECURE_REDIRECT_EXEMPT = ["^health$"]  # load balancers and `guanxi run` ask on this side of the proxy
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION and TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION and TLS
PROXY = environment.flag("GUANXI_PROXY")
PROXIES = environment.networks("GUANXI_PROXIES", "127.0.0.1,::1" if PROXY else "")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY else None
X_FRAME_OPTIONS = "DENY"

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
SMTP_TLS = environment.choice("GUANXI_SMTP_TLS", ("0", "1", "ssl"), "0")
EMAIL_HOST = environment.text("GUANXI_SMTP_HOST")
EMAIL_PORT = environment.number("GUANXI_SMTP_PORT", {"0": 25, "1": 587, "ssl": 465}[SMTP_TLS], 65535)
EMAIL_HOST_USER = environment.text("GUANXI_SMTP_USER")
EMAIL_HOST_PASSWORD = environment.text("GUANXI_SMTP_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_TLS == "1", SMTP_TLS == "ssl"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = environment.text("GUANXI_MAIL_FROM", "guanxi@localhost")

OIDC = provider_from(
    environment.text("GUANXI_OIDC_ISSUER"),
    environment.text("GUANXI_OIDC_CLIENT"),
    environment.text("GUANXI_OIDC_SECRET"),
    environment.text("GUANXI_OIDC_NAME"),
)
WECOM = application_from(
    corp=("GUANXI_WECOM_CORP", environment.text("GUANXI_WECOM_CORP")),
    agent=("GUANXI_WECOM_AGENT", environment.text("GUANXI_WECOM_AGENT")),
    secret=("GUANXI_WECOM_SECRET", environment.text("GUANXI_WECOM_SECRET")),
)
DINGTALK = application_from(
    client=("GUANXI_DINGTALK_CLIENT", environment.text("GUANXI_DINGTALK_CLIENT")),
    secret=("GUANXI_DINGTALK_SECRET", environment.text("GUANXI_DINGTALK_SECRET")),
    corp=("GUANXI_DINGTALK_CORP", environment.text("GUANXI_DINGTALK_CORP")),
)
GUANXI_ADDRESS = environment.text("GUANXI_ADDRESS")  # where people reach it, for links in messages
GUANXI_TASKS = environment.choice("GUANXI_TASKS", ("embedded", "celery"), "embedded")
GUANXI_BROKER = environment.text("GUANXI_BROKER")

LOG = environment.choice("GUANXI_LOG", ("debug", "info", "warning", "error", "critical"), "warning").upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "guanxi.settings.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG},
    # A page that somebody may not see is no news on the terminal; refused actions stand in the journal.
    "loggers": {"django.request": {"level": "ERROR" if LOG == "WARNING" else LOG}},
}
LOG_TO = receiver_from(environment.text("GUANXI_LOG_TO"), environment.text("GUANXI_LOG_CA"))
if (
    LOG_TO
):  # see shipping.py; what the journal keeps of sign-ins and rights goes there too, not onto the terminal
    LOGGING["handlers"]["ship"] = {"()": "guanxi.settings.shipping.Shipping", "receiver": LOG_TO}
    LOGGING["root"]["handlers"].append("ship")
    LOGGING["loggers"]["guanxi.journal"] = {"handlers": ["ship"], "level": "INFO", "propagate": False}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
