"""Settings of the portal; every value that differs between machines comes from the environment."""

import sys
from pathlib import Path

from csp.constants import NONE, SELF

from portal import env

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.flag("DEBUG", default=False)
# Demo accounts have known passwords: only `script/run` switches them on.
DEMO = env.flag("DEMO", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
DATA_DIR = Path(env.text("PORTAL_DATA", str(BASE_DIR / "var")))

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "agencies",
    "cases",
    "intake",
    "notices",
    "reports",
    "portal.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "portal.apps.PostgresConfig",
    "django.contrib.humanize",
    "guardian",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "procrastinate.contrib.django",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.headers.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "portal.headers.TokenMiddleware",
    "agencies.middleware.PersonMiddleware",
    "portal.zones.ZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.headers.PolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.errors.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "portal.loader.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.workplace",
            ],
        },
    },
]

FORM_RENDERER = "portal.widgets.FieldRenderer"

# Migrations run as the owner; web and worker as a role that owns nothing and cannot TRUNCATE.
_url = env.secret("DATABASE_URL")
if env.text("PORTAL_ROLE", "app") == "owner":
    _url = env.secret("DATABASE_OWNER_URL", _url)
DATABASES = {"default": env.database(_url)}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Plans kept by the server; false behind a pgbouncer that pools transactions and keeps none.
DATABASES["default"]["PLANS"] = env.flag("DATABASE_PLANS", default=True)
_pool = env.number("DATABASE_POOL", 8)
if _pool and "pytest" not in sys.modules:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool, "timeout": 10}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "agencies.backends.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
# Rights are asked of agencies.access only: guardian stores them, its backend is not used.
# Django looks for its own CSRF middleware by name; ours is a subclass of it (portal.headers).
SILENCED_SYSTEM_CHECKS = ["guardian.W001", "security.W003"]
ANONYMOUS_USER_NAME = None

# Locked by account + address: one official's typos must not lock an agency behind one address.
AXES_FAILURE_LIMIT = env.number("SIGN_IN_FAILURES", 5)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "agencies/locked_out.html"
AXES_VERBOSE = False
AXES_ENABLED = env.flag("SIGN_IN_LIMIT", default=True)
AXES_IPWARE_PROXY_COUNT = env.number("PROXY_COUNT", 0)
AXES_RESET_ON_SUCCESS = True

LANGUAGE_CODE = "ru"
# Whatever the browser asks for: the English of the sources is no translation, and names of topics,
# agencies and grounds are Russian data.
LANGUAGES = [("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Europe/Moscow")
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Served over plain HTTP on this machine only; a real server stands behind a TLS proxy.
_tls = env.flag("TLS", default=not (DEBUG or DEMO))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _tls
SECURE_SSL_REDIRECT = _tls
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if _tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _tls
if env.number("PROXY_COUNT", 0):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Two checkouts on one machine must not share a session cookie.
SESSION_COOKIE_NAME = env.text("SESSION_COOKIE_NAME", "portal_session")
SESSION_ENGINE = "agencies.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True

# The address people reach the portal by: letters lead to it.
PORTAL_URL = env.address("PORTAL_URL", "http://localhost:8000")
# Without a mail server notices stand in the portal only.
EMAIL_HOST = env.text("SMTP_HOST", "")
MAIL_ON = bool(EMAIL_HOST)
_mail_security = env.choice("SMTP_SECURITY", "starttls", {"none", "starttls", "tls"})
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail_security == "starttls", _mail_security == "tls"
EMAIL_PORT = env.number("SMTP_PORT", {"none": 25, "starttls": 587, "tls": 465}[_mail_security])
EMAIL_HOST_USER = env.text("SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.secret("SMTP_PASSWORD", "")
EMAIL_TIMEOUT = env.number("SMTP_TIMEOUT", 15)
# A letter whose sending was cut off is tried again after so many seconds: longer than the
# slowest dialogue with the server, which is about ten steps of SMTP_TIMEOUT.
MAIL_LEASE = env.number("MAIL_LEASE", 300)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM", "portal@localhost")

REST_FRAMEWORK = {
    # The token first: its challenge makes a call without sign-in a 401, not a 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agencies.backends.AccountTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "portal.api.parsers.ObjectParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.CasePagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.api.problems.problem_details",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "По существу",
    "DESCRIPTION": "Cases, replies and their review.",
    "VERSION": "1",
    "DEFAULT_GENERATOR_CLASS": "portal.api.schema.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AbsenceReasonEnum": "agencies.models.Deputy.Reason",
        "OrphanReasonEnum": "cases.models.Orphan.Reason",
        "CaseListEnum": "cases.lists.NAMES",
        "SavedListEnum": "cases.lists.SAVABLE",
        "AgencyKindEnum": "agencies.models.Agency.Kind",
        "CaseKindEnum": "cases.models.CaseKind",
        "ReplyKindEnum": "cases.models.Reply.Kind",
        "CitizenKindEnum": "cases.models.Citizen.Kind",
        "ClockKindEnum": "cases.models.Clock.Kind",
        "ReasonKindEnum": "cases.models.ReasonKind",
        "PaperKindEnum": "cases.models.Paper.Kind",
        "PromiseStateEnum": "cases.models.Promise.State",
        "PartStateEnum": "cases.models.Participation.State",
        "OfferStateEnum": "cases.models.EventOffer.State",
        "SnapshotStateEnum": "reports.models.Snapshot.State",
        "RegisterImportStateEnum": "cases.models.ReferenceImport.State",
        "TableEnum": "intake.export.columns.Table",
        "AppealResultEnum": "cases.models.Appeal.Result",
        "VerdictEnum": "cases.models.Review.Verdict",
    },
}

PROCRASTINATE_ON_APP_READY = "portal.tasks.on_app_ready"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refusals": {"()": "portal.logs.Refusals"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
