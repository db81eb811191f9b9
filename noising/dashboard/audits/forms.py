"""Forms of audits; the services judge and store their values."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from noising.audit.checks.weights import FORMS
from noising.audit.pairs import MAX_LENGTH
from noising.audits import (
    SUFFIXES,
    Claims,
    PairsError,
    PairsLimitError,
    PairsTooLargeError,
    Upload,
    audit_create,
    judge_file,
)
from noising.budget import PAGE_WORK, TooCostlyError
from noising.dashboard.annotation import AnnotationForm
from noising.engine import EngineError, build_process
from noising.engine.training_times import METHODS
from noising.form_fields import SpecificationFormField
from noising.models import LONGEST_AUDIT_NAME, Audit, ScheduleConfig

NO_SCHEDULE = "the specification below"
NOT_CLAIMED = "not claimed"


class AuditAnnotationForm(AnnotationForm):
    """Name, notes and tags."""

    name = forms.CharField(
        required=False,
        max_length=LONGEST_AUDIT_NAME,
        help_text="What is audited, such as a function or a commit.",
    )

    field_order: tuple[str, ...] = ("name", "notes", "tags")


class NewAuditForm(AuditAnnotationForm):
    """The form for an upload of pairs and what they are claimed to be."""

    pairs = forms.FileField(
        label="File of pairs",
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=f"The arrays x0 and xt, and what you have of the others: "
        f"{' or '.join(SUFFIXES)}.",
    )
    schedule = forms.ChoiceField(
        required=False, help_text="What the noise is claimed to be."
    )
    specification = SpecificationFormField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="The noise process as JSON, if no stored schedule is selected.",
    )
    low = forms.FloatField(
        initial=0.0,
        min_value=0.0,
        max_value=1.0,
        help_text="Lower end of the times; most codes draw from 0 or 0.001 on.",
    )
    high = forms.FloatField(
        initial=1.0, min_value=0.0, max_value=1.0, help_text="Upper end of the times."
    )
    method = forms.ChoiceField(
        required=False,
        choices=[("", NOT_CLAIMED), *((name, name) for name in METHODS)],
        help_text="How the times of an epoch are drawn.",
    )
    block = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_LENGTH,
        help_text="Width of the blocks of a row that have times of their own.",
    )
    form = forms.ChoiceField(
        required=False,
        label="Form of the weights",
        choices=[("", "of the negative ELBO"), *((name, name) for name in FORMS)],
    )
    keep = forms.BooleanField(
        required=False,
        label="Keep the file",
        help_text="Everyone who may read this audit may then download it. Otherwise "
        "only counts are stored.",
    )

    field_order = (
        *("pairs", "schedule", "specification", "low", "high", "method", "block"),
        *("form", "name", "notes", "tags", "keep"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ScheduleConfig.objects.names()
        self.fields["schedule"].choices = [  # type: ignore[attr-defined]  # of a field with choices
            ("", NO_SCHEDULE),
            *((name, name) for name in names),
        ]

    def clean_pairs(self) -> Upload:
        """Return the file with its form, which its name says."""
        upload = self.cleaned_data["pairs"]
        suffix = PurePath(upload.name).suffix.lower()
        if suffix not in SUFFIXES:
            raise ValidationError(
                f"The name must end with {' or '.join(SUFFIXES)}, got {suffix!r}.",
                code="unknown_form",
            )
        return Upload(suffix=suffix, content=upload.read())

    def clean(self) -> dict[str, Any]:
        """Require a claim."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        has_claim = cleaned.get("schedule") or cleaned.get("specification")
        if not has_claim and not self.errors:
            text = "Select a stored schedule, or enter a specification."
            self.add_error("specification", text)
        return cleaned

    def create(self, owner: User) -> Audit | None:
        """Judge the pairs and store the audit; errors become errors of the form."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        try:
            return audit_create(
                report=judge_file(
                    content=data["pairs"].content,
                    suffix=data["pairs"].suffix,
                    process=build_process(self._find_specification()),
                    claims=Claims(
                        low=data["low"],
                        high=data["high"],
                        method=data["method"] or None,
                        block=data["block"],
                        form=data["form"] or None,
                    ),
                    semaphore=PAGE_WORK,
                ),
                owner=owner,
                name=data["name"],
                notes=data["notes"],
                tags=data["tags"],
                kept=data["pairs"] if data["keep"] else None,
            )
        except (PairsError, PairsTooLargeError) as error:
            self.add_error("pairs", str(error))
        except EngineError as error:
            name = error.field.partition(".")[0].partition("[")[0]
            self.add_error(name if name in self.fields else "pairs", str(error))
        except TooCostlyError as error:
            self.add_error(None, str(error))
        except PairsLimitError as error:
            self.add_error("keep", str(error))
        except ValidationError as error:
            self.add_error("tags", ValidationError(error.messages))
        return None

    def _find_specification(self) -> dict[str, Any]:
        stored = ScheduleConfig.objects.specification_of(self.cleaned_data["schedule"])
        if stored is not None:
            return stored[1]
        specification: dict[str, Any] = self.cleaned_data["specification"]
        return specification
