"""The routes of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from noising.dashboard import account, plot_views
from noising.dashboard.audits import views as audits
from noising.dashboard.audits import write_views as write_audits
from noising.dashboard.check import views as check
from noising.dashboard.corpora import views as corpora
from noising.dashboard.corpora import write_views as write_corpora
from noising.dashboard.help import views as help_pages
from noising.dashboard.home import views as home
from noising.dashboard.jobs import views as jobs
from noising.dashboard.jobs import write_views as write_jobs
from noising.dashboard.playground import views as playground
from noising.dashboard.runs import views as runs
from noising.dashboard.runs import write_views as write_runs
from noising.dashboard.schedules import views as schedules
from noising.dashboard.schedules import write_views as write_schedules
from noising.dashboard.sign_in import PasswordView, SignInView

app_name = "pages"

ACCOUNT = [
    path("", account.show_account, name="account"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordView.as_view(), name="password"),
    path("tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke"),
]

PLAYGROUND = [
    path("", playground.show_playground, name="playground"),
    path("embed/", playground.show_embedded, name="playground-embed"),
    path("parameters/", playground.show_parameter_fields, name="playground-parameters"),
    path("state.json", playground.serve_state, name="playground-state"),
    path(
        "alpha.<slug:plot_format>",
        playground.serve_alpha_figure,
        name="playground-picture",
    ),
]

SCHEDULE = [
    path("", schedules.show_schedule, name="schedule"),
    path("edit/", write_schedules.edit_schedule, name="schedule-edit"),
    path("archive/", write_schedules.archive_schedule, name="schedule-archive"),
    path("unarchive/", write_schedules.unarchive_schedule, name="schedule-unarchive"),
    path("delete/", write_schedules.delete_schedule, name="schedule-delete"),
]

RUN = [
    path("", runs.show_run, name="run"),
    path("edit/", write_runs.edit_run, name="run-edit"),
    path("cancel/", write_runs.cancel_run, name="run-cancel"),
    path("rerun/", write_runs.repeat_run, name="run-rerun"),
    path("archive/", write_runs.archive_run, name="run-archive"),
    path("unarchive/", write_runs.unarchive_run, name="run-unarchive"),
    path("delete/", write_runs.delete_run, name="run-delete"),
]

AUDIT = [
    path("", audits.show_audit, name="audit"),
    path("edit/", write_audits.edit_audit, name="audit-edit"),
    path("archive/", write_audits.archive_audit, name="audit-archive"),
    path("unarchive/", write_audits.unarchive_audit, name="audit-unarchive"),
    path("delete/", write_audits.delete_audit, name="audit-delete"),
    path("discard-pairs/", write_audits.discard_pairs, name="audit-discard-pairs"),
]

CORPUS = [
    path("", corpora.show_corpus, name="corpus"),
    path("compare/", write_corpora.compare_on_corpus, name="corpus-compare"),
    path("run/", write_corpora.run_on_corpus, name="corpus-run"),
    path("rename/", write_corpora.rename_corpus, name="corpus-rename"),
    path("delete/", write_corpora.delete_corpus, name="corpus-delete"),
]

PLOT = "<slug:name>.<slug:plot_format>"

PLOTS = [
    path(f"built-in/{PLOT}", plot_views.plot_builtin, name="plot-builtin"),
    path(f"draft/{PLOT}", plot_views.plot_draft, name="plot-draft"),
    path(f"schedules/{PLOT}", plot_views.plot_overlay, name="plot-schedules"),
    path(
        "schedules/<slug:slug>/sparkline.svg",
        plot_views.plot_sparkline,
        name="sparkline",
    ),
    path(
        "schedules/<slug:slug>/positions.<slug:plot_format>",
        plot_views.plot_positions,
        name="plot-positions",
    ),
    path(
        f"schedules/<slug:slug>/{PLOT}", plot_views.plot_schedule, name="plot-schedule"
    ),
    path(f"comparison/{PLOT}", plot_views.plot_comparison, name="plot-comparison"),
    path(
        f"runs/comparison/{PLOT}",
        plot_views.plot_run_comparison,
        name="plot-run-comparison",
    ),
    path(f"runs/<uuid:run_id>/{PLOT}", plot_views.plot_run, name="plot-run"),
    path(f"audits/<uuid:audit_id>/{PLOT}", plot_views.plot_audit, name="plot-audit"),
    path(f"data/<uuid:corpus_id>/{PLOT}", plot_views.plot_corpus, name="plot-corpus"),
    path(f"jobs/<uuid:job_id>/{PLOT}", plot_views.plot_sweep, name="plot-sweep"),
]

urlpatterns = [
    path("favicon.ico", home.redirect_to_icon, name="icon"),
    path("dashboard/", home.show_dashboard, name="dashboard"),
    path("status/", home.show_status, name="status"),
    path("account/", include(ACCOUNT)),
    path("check/", check.check_process, name="check"),
    path("import/", check.import_process, name="import"),
    path("playground/", include(PLAYGROUND)),
    path("schedules/", schedules.list_schedules, name="schedules"),
    path("schedules/compare/", schedules.compare_schedules, name="schedule-compare"),
    path("schedules/<slug:slug>/", include(SCHEDULE)),
    path("new/schedule/", write_schedules.create_schedule, name="schedule-new"),
    path("runs/", runs.list_runs, name="runs"),
    path("runs/compare/", runs.compare_runs, name="run-compare"),
    path("runs/<uuid:run_id>/", include(RUN)),
    path("new/run/", write_runs.create_run, name="run-new"),
    path("new/run/estimate.json", runs.serve_estimate, name="run-estimate"),
    path("audits/", audits.list_audits, name="audits"),
    path("audits/compare/", audits.compare_audits, name="audit-compare"),
    path("audits/template.npz", audits.download_template, name="audit-template"),
    path("audits/<uuid:audit_id>/", include(AUDIT)),
    path("new/audit/", write_audits.create_audit, name="audit-new"),
    path("data/", corpora.list_corpora, name="data"),
    path("data/new/", corpora.add_corpus, name="data-new"),
    path("data/<uuid:corpus_id>/", include(CORPUS)),
    path("jobs/", jobs.list_jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.show_job, name="job"),
    path("jobs/<uuid:job_id>/delete/", write_jobs.delete_job, name="job-delete"),
    path("jobs/<uuid:job_id>/state.json", jobs.serve_state, name="job-state"),
    path("jobs/<uuid:job_id>/points.csv", jobs.export_points, name="job-points"),
    path("help/", help_pages.list_help, name="help"),
    path("help/images/<str:name>", help_pages.serve_image, name="help-image"),
    path("help/<slug:name>/", help_pages.show_document, name="help-document"),
    path("plots/", include(PLOTS)),
]
