"""The routes under /api/v1, without a trailing slash."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from noising.api.audits.views import AuditViewSet
from noising.api.noise.views import NoiseBatchView
from noising.api.quantities.views import (
    MarginalView,
    PosteriorView,
    ScoreRatioView,
)
from noising.api.runs.views import RunViewSet
from noising.api.schedules.stateless_views import ImportView, PreviewView
from noising.api.schedules.views import ScheduleViewSet
from noising.api.text.views import (
    DetokenizeView,
    PipelineView,
    TokenizersView,
    TokenizeView,
)
from noising.api.tokens.views import TokenViewSet
from noising.api.training.views import (
    LooShiftView,
    LossWeightView,
    TrainingTimesView,
)
from noising.api.trajectory.views import TrajectoryView

app_name = "v1"

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("tokens", TokenViewSet, basename="token")
router.register("runs", RunViewSet, basename="run")
router.register("audits", AuditViewSet, basename="audit")
router.register("schedules", ScheduleViewSet, basename="schedule")

urlpatterns: list[URLPattern | URLResolver] = [
    path("noise", NoiseBatchView.as_view(), name="noise"),
    path("trajectory", TrajectoryView.as_view(), name="trajectory"),
    path("marginal", MarginalView.as_view(), name="marginal"),
    path("posterior", PosteriorView.as_view(), name="posterior"),
    path("score-ratio", ScoreRatioView.as_view(), name="score-ratio"),
    path("times", TrainingTimesView.as_view(), name="training-times"),
    path("loss-weight", LossWeightView.as_view(), name="loss-weight"),
    path("loo-shift", LooShiftView.as_view(), name="loo-shift"),
    path("tokenizers", TokenizersView.as_view(), name="tokenizers"),
    path("tokenize", TokenizeView.as_view(), name="tokenize"),
    path("detokenize", DetokenizeView.as_view(), name="detokenize"),
    path("pipeline", PipelineView.as_view(), name="pipeline"),
    path("curves", PreviewView.as_view(), name="curves"),
    # Before the pattern for names of schedules, which would match these paths too.
    path("schedules/import", ImportView.as_view(), name="schedule-import"),
    *router.urls,
]
