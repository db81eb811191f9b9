"""Forms of corpora; the services read, compare and store their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from benchmarks.cases import UsageError
from noising.budget import PAGE_WORK, TooCostlyError, check_seconds
from noising.corpora import (
    ANALYSIS_SECONDS,
    SUFFIXES,
    CorporaLimitError,
    CorpusData,
    Given,
    UnreadableError,
    compare_schedules,
    corpus_create,
    make_reader,
    read_given,
    summarize,
)
from noising.corpora.reading import PASTED
from noising.decision import Reader
from noising.engine import EngineError, ForwardProcess, build_process
from noising.engine.effort import storing_seconds
from noising.engine.registry import NUM_TIMESTEPS
from noising.form_fields import LongTextFormField
from noising.models import (
    LONGEST_CORPUS_NAME,
    PLOTTED_SCHEDULES,
    Corpus,
    ScheduleConfig,
)
from noising.runs import ScheduleNames, list_plain_types
from noising.tokenizers import BUILTIN_TOKENIZERS, DEFAULT_TOKENIZER

GRAPHS: Final = (
    ("absorbing", "masks tokens (absorbing)"),
    ("uniform", "replaces tokens (uniform)"),
)
FIRST_COMPARED: Final = ("loglinear", "cosine", "linear", "geometric")
"""The schedules that a form selects at first: sedd_entropy masks as loglinear does."""

KINDS: Final = (
    ("", "detect"),
    (Corpus.Kind.TEXT, "text"),
    (Corpus.Kind.IDS, "token ids"),
    (Corpus.Kind.COUNTS, "counts of token ids"),
)


class ComparisonForm(forms.Form):
    """The schedules to compare on a corpus."""

    schedules = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        initial=list(FIRST_COMPARED),
        help_text=f"Two to {PLOTTED_SCHEDULES}.",
        error_messages={"required": f"Select two to {PLOTTED_SCHEDULES} schedules."},
    )
    graph = forms.ChoiceField(choices=GRAPHS, label="What the noise does")
    num_timesteps = forms.IntegerField(
        label="Timesteps",
        initial=1000,
        min_value=NUM_TIMESTEPS.low,
        max_value=NUM_TIMESTEPS.high,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["schedules"].choices = _list_schedules()  # type: ignore[attr-defined]  # of a field with choices

    @classmethod
    def describe(cls, comparison: Mapping[str, Any]) -> dict[str, Any]:
        """Return the initial values that repeat a comparison."""
        first = comparison["schedules"][0]
        return {
            "schedules": [entry["name"] for entry in comparison["schedules"]],
            "graph": first["specification"]["graph"]["type"],
            "num_timesteps": first["num_timesteps"],
        }

    def clean_schedules(self) -> list[str]:
        """Check that there are several, and not too many for a plot."""
        names: list[str] = self.cleaned_data["schedules"]
        if not 2 <= len(names) <= PLOTTED_SCHEDULES:
            raise ValidationError(
                f"Select two to {PLOTTED_SCHEDULES} schedules, got {len(names)}."
            )
        return names

    def compare(self, reader: Reader) -> dict[str, Any] | None:
        """Return the comparison on a corpus; errors become errors of the form.

        Raises:
            BusyError: no permit became free in time.
        """
        try:
            processes = self._build(reader.counts.size)
            with PAGE_WORK.permit(ANALYSIS_SECONDS):
                return compare_schedules(reader, processes)
        except (EngineError, TooCostlyError, UsageError) as error:
            self.add_error("schedules", str(error).removeprefix("schedules: "))
            return None

    def _build(self, vocab_size: int) -> dict[str, ForwardProcess]:
        names, processes = ScheduleNames(), {}
        for name in self.cleaned_data["schedules"]:
            specification = {
                "vocab_size": vocab_size,
                "num_timesteps": self.cleaned_data["num_timesteps"],
                "schedule": names.resolve(name),
                "graph": {"type": self.cleaned_data["graph"]},
            }
            try:
                check_seconds(storing_seconds(specification), "to build and to lint")
                processes[name] = build_process(specification)
            except EngineError as error:
                raise UsageError(f"{name}: {error}") from error
        return processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What was read, with what is known about it."""

    data: CorpusData
    summary: Mapping[str, Any]
    comparison: Mapping[str, Any]


class DataForm(ComparisonForm):
    """Text, token ids or counts, pasted or uploaded, and the schedules to compare."""

    text = LongTextFormField(
        required=False,
        strip=False,
        label="Paste a text",
        widget=forms.Textarea({"rows": 9, "spellcheck": "false"}),
    )
    file = forms.FileField(
        required=False,
        label="Or choose a file",
        widget=forms.FileInput(attrs={"accept": ",".join((*SUFFIXES, ".gz"))}),
    )
    kind = forms.ChoiceField(
        required=False,
        choices=KINDS,
        label="Kind",
        help_text="Choose one if it is detected wrongly.",
    )
    tokenizer = forms.ChoiceField(
        initial=DEFAULT_TOKENIZER,
        choices=[
            (name, f"{name} ({each.vocab_size:,} ids)")
            for name, each in BUILTIN_TOKENIZERS.items()
        ],
        help_text="For text.",
    )
    vocab_size = forms.IntegerField(
        required=False,
        min_value=2,
        label="Vocabulary",
        help_text="For ids and counts. Empty: up to the largest id.",
    )
    name = forms.CharField(
        required=False,
        max_length=LONGEST_CORPUS_NAME,
        help_text="Of what is stored. Empty: that of the file.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["text"].max_length = settings.MAX_CORPUS_CHARACTERS
        fields["text"].help_text = (
            "Each line is one row. Token ids work as well, and so do counts: a line "
            "“id,count” for each id, in the order of the ids. At most "
            f"{settings.MAX_CORPUS_CHARACTERS:,} characters."
        )
        fields["file"].help_text = (
            f"{', '.join(SUFFIXES)}; also packed as .gz. At most "
            f"{settings.MAX_BODY_BYTES / 2**20:.3g} MiB and "
            f"{settings.MAX_CORPUS_TOKENS:,} tokens."
        )
        fields["file"].widget.attrs["data-max-bytes"] = settings.MAX_BODY_BYTES
        fields["vocab_size"].max_value = settings.MAX_PROBABILITIES

    def clean_text(self) -> str:
        """Return the text, within the limit of this service."""
        text: str = self.cleaned_data["text"]
        most = settings.MAX_CORPUS_CHARACTERS
        if len(text) > most:
            raise ValidationError(
                f"At most {most:,} characters are read here, got {len(text):,}: take a "
                "part, which says almost the same about frequencies."
            )
        return text

    def clean_vocab_size(self) -> int | None:
        """Return the size, within the limit of this service."""
        size: int | None = self.cleaned_data["vocab_size"]
        most = settings.MAX_PROBABILITIES
        if size is not None and size > most:
            raise ValidationError(f"Must lie in 2..{most:,}, got {size:,}.")
        return size

    def clean(self) -> dict[str, Any]:
        """Require one source."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        has_text = bool(cleaned.get("text", "").strip())
        if has_text and cleaned.get("file"):
            self.add_error("file", "Give a text or a file, not both.")
        elif not has_text and not cleaned.get("file") and not self.errors:
            self.add_error("text", "Paste a text, or choose a file.")
        return cleaned

    def analyse(self) -> Analysis | None:
        """Read and compare; errors of the services become errors of the form.

        Raises:
            BusyError: no permit became free in time.
        """
        if not self.is_valid():
            return None
        try:
            with PAGE_WORK.permit(ANALYSIS_SECONDS):
                data = read_given(self._give())
                reader = make_reader(data)
        except UnreadableError as error:
            self.add_error("file" if self.cleaned_data["file"] else "text", str(error))
            return None
        comparison = self.compare(reader)
        if comparison is None:
            return None
        summary = summarize(data, reader)
        return Analysis(data=data, summary=summary, comparison=comparison)

    def store(self, analysis: Analysis, owner: User) -> Corpus | None:
        """Store what was read; errors of the service become errors of the form."""
        try:
            return corpus_create(
                name=self.cleaned_data["name"] or self._suggest_name(),
                data=analysis.data,
                summary=analysis.summary,
                comparison=analysis.comparison,
                owner=owner,
            )
        except CorporaLimitError as error:
            self.add_error(None, str(error))
        except ValidationError as error:
            self.add_error("name", ValidationError(error.messages))
        return None

    def describe_kind(self, data: CorpusData) -> str:
        """Return what was detected, and how to choose another; "" if it was chosen."""
        if self.cleaned_data["kind"]:
            return ""
        return {
            Corpus.Kind.TEXT: f"Read as text, with {data.tokenizer}.",
            Corpus.Kind.IDS: "Read as rows of token ids. If they are counts, choose "
            "the kind “counts of token ids”.",
            Corpus.Kind.COUNTS: "Read as counts: an id and how often it occurs. If "
            "they are rows of two tokens, choose the kind “token ids”.",
        }[Corpus.Kind(data.kind)]

    def _give(self) -> Given:
        values = self.cleaned_data
        file = values["file"]
        return Given(
            name=file.name if file else PASTED,
            content=file.read() if file else values["text"].encode(),
            kind=values["kind"],
            tokenizer=values["tokenizer"],
            vocab_size=values["vocab_size"],
        )

    def _suggest_name(self) -> str:
        """Return the name of the file, or the first words of the text."""
        file = self.cleaned_data["file"]
        name = PurePath(file.name).name if file else ""
        # Without the marks of headings and lists.
        words = " ".join(self.cleaned_data["text"][:200].split()).lstrip("#*->= ")
        suggested = name or (words if len(words) <= 40 else f"{words[:39]}…")
        printable = "".join(each for each in suggested if each.isprintable())
        return printable[:LONGEST_CORPUS_NAME] or "Pasted text"


class NameForm(forms.Form):
    """The name of a corpus."""

    name = forms.CharField(max_length=LONGEST_CORPUS_NAME)


def _list_schedules() -> list[Any]:
    """Return types, which need no parameters, and stored schedules, as choices."""
    types = list_plain_types()
    # The name of a type always means the type.
    stored = [name for name in ScheduleConfig.objects.names() if name not in types]
    groups = (("Types, with their default parameters", types), ("Stored", stored))
    return [
        (label, [(name, name) for name in names]) for label, names in groups if names
    ]
