"""The forms of the dashboard and of the status page."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from django import forms
from django.core.exceptions import ValidationError

from noising.configured import default_process
from noising.engine import PRESETS, fresh_seed
from noising.engine.registry import NUM_TIMESTEPS
from noising.form_fields import LongTextFormField
from noising.runs import list_plain_types

MOST_TOKENS = 512
EXAMPLE = "101, 2054, 2003, 2048, 2010, 102"
LARGEST_EXACT_SEED = 2**53 - 1  # larger integers are not exact in JavaScript


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickToken:
    """A position's token before and after noising."""

    before: int
    after: int

    @property
    def is_changed(self) -> bool:
        """Return whether noise changed the token."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickResult:
    """The noised tokens."""

    tokens: list[QuickToken]
    alpha: float
    seed: int

    @property
    def changed(self) -> int:
        """Return how many positions changed."""
        return sum(token.is_changed for token in self.tokens)


class TokensFormField(LongTextFormField):
    """Token ids, typed as numbers separated by commas or blanks."""

    def to_python(self, value: Any) -> Any:
        """Return the ids."""
        words = re.findall(r"[^\s,\[\]]+", super().to_python(value) or "")
        most = default_process().vocab_size - 1
        if len(words) > MOST_TOKENS:
            raise ValidationError(
                f"At most {MOST_TOKENS} tokens are allowed here, got {len(words)}: use "
                "POST /noise for more."
            )
        for word in words:
            if not re.fullmatch(r"\d{1,9}", word) or int(word) > most:
                raise ValidationError(
                    f"Tokens must be integers in 0..{most}, got {word[:40]!r}."
                )
        return [int(word) for word in words]


class QuickForm(forms.Form):
    """Tokens, a timestep and a seed, all in the URL of the page."""

    tokens = TokensFormField(
        max_length=10 * MOST_TOKENS,
        initial=EXAMPLE,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    timestep = forms.IntegerField(min_value=0)
    seed = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_EXACT_SEED,
        required=False,
        help_text="Empty: random.",
    )

    def clean_timestep(self) -> int:
        """Return the timestep, if the server's process has it."""
        timestep: int = self.cleaned_data["timestep"]
        last = default_process().num_timesteps - 1
        if timestep > last:
            raise ValidationError(
                f"The timestep must lie in 0..{last}, got {timestep}."
            )
        return timestep

    def noise(self) -> QuickResult | None:
        """Noise the tokens if the form is valid."""
        if not self.is_valid():
            return None
        given, process = self.cleaned_data, default_process()
        seed = fresh_seed() if given["seed"] is None else given["seed"]
        tokens = np.array(given["tokens"], dtype=np.int64)
        noised = process.noise(tokens, given["timestep"], seed=seed)
        pairs = zip(tokens.tolist(), noised.tokens.tolist(), strict=True)
        return QuickResult(
            tokens=[QuickToken(before=a, after=b) for a, b in pairs],
            alpha=float(process.alphas[given["timestep"]]),
            seed=seed,
        )


class CheckCardForm(forms.Form):
    """The dashboard's form whose values the page that checks schedules takes."""

    schedule = forms.ChoiceField(
        initial="linear",
        choices=[
            ("Schedule types", [(name, name) for name in list_plain_types()]),
            ("Published models", [(key, each.title) for key, each in PRESETS.items()]),
        ],
    )
    num_timesteps = forms.IntegerField(
        label="Timesteps",
        initial=100,
        min_value=NUM_TIMESTEPS.low,
        max_value=NUM_TIMESTEPS.high,
    )

    def __init__(self) -> None:
        super().__init__(auto_id="check_%s")
