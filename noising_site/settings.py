"""The settings of Django. The operator sets them with environment variables.

Importing this module reads the environment and the secret key's file, and writes
nothing.
"""

import os
import socket
from pathlib import Path
from typing import Any

from noising.configured import VERSION
from noising.secret_key import FILE_NAME
from noising_site.configuration import (
    allowed_hosts,
    database,
    hyperschedule,
    kernel,
    noise_specification,
    secret_key,
    token_type_weights,
    tokenizer,
)
from noising_site.environment import Environment
from noising_site.logs import FORMATTERS, default_format, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(os.environ)

# The server's noise process.
BETA_MIN = env.number("BETA_MIN", 1e-4, low=0.0, high=1.0)
BETA_MAX = env.number("BETA_MAX", 0.02, low=0.0, high=1.0)
NOISE_SPECIFICATION = noise_specification(env, beta_min=BETA_MIN, beta_max=BETA_MAX)
HYPERSCHEDULE = hyperschedule(env, NOISE_SPECIFICATION)
TOKEN_TYPE_WEIGHTS = token_type_weights(env, NOISE_SPECIFICATION)
NOISING_KERNEL = kernel(env)

# Limits of one request.
MAX_TOKENS = env.whole("MAX_TOKENS", 1_048_576, least=1, most=2**30)
MAX_BODY_BYTES = env.whole("MAX_BODY_BYTES", 16 * 2**20, least=1024, most=2**31 - 1)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
FILE_UPLOAD_HANDLERS = ["noising_site.uploads.BoundedUploadHandler"]
MAX_TRAJECTORY_TOKENS = env.whole("MAX_TRAJECTORY_TOKENS", 2**24, least=1, most=2**31)
MAX_PROBABILITIES = env.whole("MAX_PROBABILITIES", 2**20, least=2, most=2**26)
MAX_TEXT_CHARACTERS = env.whole("MAX_TEXT_CHARACTERS", 2**17, least=1, most=2**24)

# Limits on costly work, in estimated seconds on one core, not counting the noising of
# tokens.
MAX_WORK_SECONDS = env.number("MAX_WORK_SECONDS", 5.0, low=0.01, high=3600.0)
MAX_COSTLY_REQUESTS = env.whole("MAX_COSTLY_REQUESTS", 2, least=1, most=64)
PROCESS_CACHE_BYTES = env.whole("PROCESS_CACHE_BYTES", 64 * 2**20, least=0, most=2**40)

# The tokenizer, and the services that run before and after this one.
TOKENIZER = tokenizer(env)
TOKENIZER_URL = env.service_url("TOKENIZER_URL")
DENOISER_URL = env.service_url("DENOISER_URL")

# Limits of queued benchmark runs.
MAX_RUN_SCHEDULES = env.whole("MAX_RUN_SCHEDULES", 16, least=1, most=64)
MAX_RUN_TIMESTEPS = env.whole("MAX_RUN_TIMESTEPS", 100, least=1, most=10_000)
MAX_RUN_SAMPLES = env.whole("MAX_RUN_SAMPLES", 10_000, least=1, most=1_000_000)
MAX_QUEUED_RUNS = env.whole("MAX_QUEUED_RUNS", 20, least=1, most=10_000)

# Limits of audits.
MAX_AUDIT_TOKENS = env.whole("MAX_AUDIT_TOKENS", 2**22, least=1, most=2**30)
MAX_KEPT_PAIRS = env.whole("MAX_KEPT_PAIRS", 20, least=0, most=10_000)

# Limits of corpora.
MAX_CORPUS_TOKENS = env.whole("MAX_CORPUS_TOKENS", 2**22, least=1024, most=2**26)
MAX_CORPUS_CHARACTERS = env.whole(
    "MAX_CORPUS_CHARACTERS", 2**20, least=1024, most=2**26
)
MAX_CORPORA = env.whole("MAX_CORPORA", 20, least=0, most=10_000)
MAX_CORPORA_BYTES = env.whole("MAX_CORPORA_BYTES", 2**30, least=0, most=2**40)

# Address, processes and storage.
HOST = env.text("HOST", "0.0.0.0")  # noqa: S104 - a service in a container
PORT = env.whole("PORT", 8000, least=1, most=65535)
WEB_CONCURRENCY = env.whole("WEB_CONCURRENCY", os.cpu_count() or 1, least=1, most=1024)
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / "var")
# The web workers and the worker of the queue.
DATABASES = {"default": database(env, DATA_DIR, processes=WEB_CONCURRENCY + 1)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Access and security.
ACCESS = env.choice("ACCESS", "open", ("open", "closed"))
WRITES_PER_MINUTE = env.whole("WRITES_PER_MINUTE", 60, least=1, most=1_000_000)
AUDIT_DAYS = env.whole("AUDIT_DAYS", 365, least=1, most=36_500)
DEBUG = env.flag("DEBUG", default=False)
HTTPS = env.flag("HTTPS", default=False)
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0, least=0, most=16)
SECRET_KEY_FILE = DATA_DIR / FILE_NAME
SECRET_KEY, KEY_SOURCE = secret_key(env, DATA_DIR)
ALLOWED_HOSTS = allowed_hosts(env, HOST, socket.gethostname())
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

HEALTH_PATHS = frozenset({"/livez", "/readyz"})
"""The probes, which may use any host name and plain HTTP, without a redirect."""

CSRF_FAILURE_VIEW = "noising_site.errors.csrf_failure"

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [rf"^{path.removeprefix('/')}\Z" for path in HEALTH_PATHS]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS or TRUSTED_PROXIES else None
)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains is not for this service to decide
    "security.W021",  # only the domain's owner may promise HSTS preload
]
if not HTTPS:
    # noising.I001 reports plain HTTP instead.
    SILENCED_SYSTEM_CHECKS += [
        "security.W004",  # HSTS over plain HTTP is ignored by browsers
        "security.W008",  # a redirect to https would lead nowhere
        "security.W012",  # a secure session cookie would never come back
        "security.W016",  # nor would a secure CSRF cookie
    ]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its templates, which TemplatesSetting finds as any other
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "noising.apps.NoisingConfig",
]

MIDDLEWARE = [
    "noising_site.middleware.EdgeMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "noising_site.middleware.PolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "noising_site.static.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "noising_site.middleware.AccessMiddleware",
]

ROOT_URLCONF = "noising_site.urls"
WSGI_APPLICATION = "noising_site.wsgi.application"
LOGIN_URL = "pages:login"
LOGIN_REDIRECT_URL = "pages:account"
LOGOUT_REDIRECT_URL = "pages:dashboard"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "noising.dashboard.context_processors.provide_viewer",
                "noising.dashboard.context_processors.provide_manage_command",
            ],
        },
    }
]

FORM_RENDERER = "noising_site.forms.FormRenderer"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "noising_site.static.StaticFilesStorage"},
}

# Messages of pages are stored in a signed cookie, so they need no database.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

KNOX_TOKEN_MODEL = "noising.AccessToken"  # noqa: S105 - a model's name
# knox's own migrations make a table for its own model, which is not used here.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    # The prefix lets people and secret scanners recognize a token.
    "TOKEN_PREFIX": "noise_",
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# A task carries the id of a run, whose row has everything else, and the id of the
# request that queued it, for the log.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = "noising_site.formats"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

REST_FRAMEWORK = {
    # A view that does not say otherwise needs an account.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "noising.api.access.TokenAuthentication",
        "noising.api.access.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["noising.api.access.AccountRequired"],
    "DEFAULT_THROTTLE_CLASSES": ["noising.api.access.WriteThrottle"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "noising.api.renderers.AcceptNegotiation",
    "DEFAULT_RENDERER_CLASSES": ["noising.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["noising.api.parsers.StrictJSONParser"],
    # The Accept header chooses the format; some views read `format` themselves.
    "URL_FORMAT_OVERRIDE": None,
    # orjson formats times, the same everywhere, so serializers leave them unchanged.
    "DATETIME_FORMAT": None,
    "DEFAULT_SCHEMA_CLASS": "noising.api.openapi.inspector.ServiceSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    # Otherwise /api/schema/ would repeat any `version` of the query in a header.
    "ALLOWED_VERSIONS": ["v1"],
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "noising.api.exception_handler.ProblemHandler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Noising Service",
    "DESCRIPTION": "The forward noising process of discrete diffusion models.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # The check would generate the whole document at each start; the tests do it.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "POSTPROCESSING_HOOKS": [
        "noising.api.openapi.hooks.leave_out_read_only",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "noising.api.openapi.specifications.add_specifications",
        "noising.api.openapi.hooks.require_bodies",
        "noising.api.openapi.hooks.list_lines",
        "noising.api.openapi.hooks.add_request_ids",
        "noising.api.openapi.hooks.show_problems",
    ],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        # Named because the probes' `status` has other values.
        "RunStatusEnum": "noising.models.BenchmarkRun.Status",
        "AuditVerdictEnum": "noising.models.Audit.Verdict",
        "ScopeEnum": "noising.models.Scope",
        "NoiseExtra": "noising.api.fields.EXTRAS",
        "TokenizeExtra": "noising.api.text.requests.TOKENIZE_EXTRAS",
        "DetokenizeExtra": "noising.api.text.requests.DETOKENIZE_EXTRAS",
        "TokenType": "noising.tokenizers.TOKEN_TYPES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Null: otherwise the page would send the document to a validator on the internet.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

LOGGING = logging_config(env.choice("LOG_FORMAT", default_format(), tuple(FORMATTERS)))
