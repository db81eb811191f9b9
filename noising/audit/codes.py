"""The findings of an audit: their codes, causes and ways out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A kind of fault.

    Attributes:
        title: the fault in a few words.
        way_out: the usual cause and what to change.
        may_cause: codes of findings that this fault can bring about. Where both are
            found, the other one is reported as a possible consequence.
    """

    title: str
    way_out: str
    may_cause: tuple[str, ...] = ()


_OF_LEVELS: Final = ("wrong_alpha", "even_counts", "uneven_counts", "empty_rows")
_OF_TOKENS: Final = (*_OF_LEVELS, "noise_by_token", "noise_by_position")
_OF_DEPENDENCE: Final = (*_OF_TOKENS, "dependent_positions", "times_not_uniform")

CODES: Final[Mapping[str, Code]] = {
    "data_out_of_vocabulary": Code(
        title="clean ids outside the vocabulary",
        way_out="set `vocab_size` to that of the tokenizer, or pass the ids before "
        "they are noised",
        may_cause=("noised_out_of_vocabulary", "impossible_ids", "replacement_law"),
    ),
    "mask_in_data": Code(
        title="the mask among the clean tokens",
        way_out="use an id for the mask that the data does not have, or check that x0 "
        "and xt are not swapped",
        may_cause=(*_OF_TOKENS, "impossible_ids", "moved_disagrees"),
    ),
    "protected_changed": Code(
        title="protected tokens changed",
        way_out="draw the noise for all tokens and put the protected ones back: "
        "`xt = where(protect, x0, xt)`",
        may_cause=_OF_TOKENS,
    ),
    "padding_changed": Code(
        title="padding changed",
        way_out="put the padding back after the noise, by position and not by id",
        may_cause=_OF_TOKENS,
    ),
    "moved_disagrees": Code(
        title="`moved` disagrees with the tokens",
        way_out="compute `moved` from the draw that made xt; where tokens are "
        "resampled it also holds for those that drew their own id",
        may_cause=("own_token_excluded",),
    ),
    "weights_not_finite": Code(
        title="weights that are NaN or infinite",
        way_out="give rows and tokens that have no noise the weight 0, and times a "
        "lower end above 0",
        may_cause=("wrong_weights",),
    ),
    "repeated_rows": Code(
        title="rows share their noise",
        way_out="draw random numbers of the shape (rows, length), not (1, length)",
        may_cause=(*_OF_DEPENDENCE, "same_noise_on_ranks", "frozen_noise"),
    ),
    "same_noise_on_ranks": Code(
        title="ranks share their noise",
        way_out="give each rank its own generator (seed + rank), or key the noise by "
        "the sample's id",
        may_cause=(*_OF_DEPENDENCE, "repeated_times"),
    ),
    "frozen_times": Code(
        title="a row has the same time in every epoch",
        way_out="draw the time by row and epoch",
        may_cause=(*_OF_DEPENDENCE, "times_stick_to_rows", "frozen_noise"),
    ),
    "frozen_noise": Code(
        title="a row has the same noise in every epoch",
        way_out="make the noise when the row is read, not in preprocessing, and let "
        "the epoch enter the seed",
        may_cause=_OF_DEPENDENCE,
    ),
    "times_stick_to_rows": Code(
        title="a row's times in different epochs are related",
        way_out="let the epoch permute the cells of the rows, with "
        "`sample_times(draw=epoch)`; times of a shifted Sobol sequence are related by "
        'design, so pass method="sobol"',
    ),
    "replay_after_resume": Code(
        title="a resumed run repeats noise that it has already used",
        way_out="save and restore the state of the generator, or derive the noise from "
        "the sample's id and the epoch",
        may_cause=("resume_differs",),
    ),
    "resume_differs": Code(
        title="a resumed run gets other noise than the uninterrupted one",
        way_out="save and restore the state of the generator, or derive the noise from "
        "the sample's id and the epoch",
    ),
    "position_never_changed": Code(
        title="positions that are never changed",
        way_out="pass them as `protect` if they are meant to stay; else look for a "
        "prompt mask or an off-by-one in the code",
        may_cause=(*_OF_TOKENS, "token_never_changed", "dependent_positions"),
    ),
    "token_never_changed": Code(
        title="ids that are never changed",
        way_out="pass them as `protect` if they are meant to stay; else look for a "
        "list of special ids in the code",
        may_cause=(*_OF_LEVELS, "noise_by_token", "noise_by_position"),
    ),
    "noised_out_of_vocabulary": Code(
        title="noised ids outside the states",
        way_out="draw ids below `vocab_size`, and give the mask the id of the "
        "specification",
        may_cause=("impossible_ids", "wrong_mask_id", "replacement_law"),
    ),
    "wrong_mask_id": Code(
        title="another mask id",
        way_out="set `mask_id` of the graph to the id that the code uses",
        may_cause=(
            *("noised_out_of_vocabulary", "impossible_ids", "masked_share"),
            *("repeated_positions", "moved_disagrees"),
        ),
    ),
    "impossible_ids": Code(
        title="tokens became ids that they cannot become",
        way_out="draw replacements from the ids of the graph only: not the mask, not "
        "special tokens that the specification leaves out; check that x0 and xt hold "
        "the same rows and positions",
        may_cause=(
            *("masked_share", "repeated_positions", "replacement_law"),
            *("moved_disagrees", *_OF_LEVELS),
        ),
    ),
    "declared_alpha": Code(
        title="the declared alpha is not that of the declared time",
        way_out="pass alpha or t, or correct the specification",
        may_cause=_OF_TOKENS,
    ),
    "time_reversed": Code(
        title="time runs the other way",
        way_out="t = 0 is clean and t = 1 is full noise here; pass 1 - t",
        may_cause=_OF_TOKENS,
    ),
    "schedule_ignored": Code(
        title="the noise does not depend on the time",
        way_out="look whether the training code reads its schedule option, and whether "
        "the time that it reports is the one that it used",
        may_cause=_OF_TOKENS,
    ),
    "total_noise_trap": Code(
        title="the noise of one step is used as the total",
        way_out="add the rates up to t: alpha is the product of 1 - beta over the "
        "steps, or exp(-sigma) with sigma the integral of the rate",
        may_cause=_OF_TOKENS,
    ),
    "own_token_excluded": Code(
        title="resampled tokens never draw their own id",
        way_out="draw from all ids, the token's own included: it is part of the "
        "uniform transition, and weights and posteriors rely on it; if they do, "
        "`moved` was made as xt != x0 and misses them: take it from the draw",
        may_cause=_OF_LEVELS,
    ),
    "wrong_alpha": Code(
        title="another share of tokens changed than alpha(t) gives",
        way_out="compare the measured curve of alpha with the declared one",
        may_cause=_OF_LEVELS[1:],
    ),
    "empty_rows": Code(
        title="more rows without noise than the law gives",
        way_out="look for times near 0 that were cut off, or for rows that are skipped",
        may_cause=("wrong_alpha", "uneven_counts"),
    ),
    "masked_share": Code(
        title="another share of the changed tokens is masked",
        way_out="compare the share of uniform noise with the graph's parameters",
    ),
    "repeated_positions": Code(
        title="positions share the id that they draw",
        way_out="draw a replacement for each token",
        may_cause=("replacement_law",),
    ),
    "replacement_law": Code(
        title="replacements follow another distribution",
        way_out="draw each id with the probability of the graph; look for ids that are "
        "left out and for a modulo of random integers",
    ),
    "dependent_positions": Code(
        title="neighbouring positions do not change independently",
        way_out="draw one random number for each position; spans, sub-words that move "
        "together and blocks with times of their own are other processes",
        may_cause=("wrong_alpha", "empty_rows", "uneven_counts"),
    ),
    "even_counts": Code(
        title="the number of changed tokens in a row varies too little",
        way_out="an exact count is drawn where each token should move independently; "
        "use the specification's law, or claim a count",
        may_cause=("dependent_positions",),
    ),
    "uneven_counts": Code(
        title="the number of changed tokens in a row varies too much",
        way_out="tokens of a row do not move independently, or blocks of the row have "
        "times of their own that were not passed",
    ),
    "noise_by_token": Code(
        title="some ids change more often than others",
        way_out="look for weights by token, or add a hyperschedule to the "
        "specification",
        may_cause=(*_OF_LEVELS, "noise_by_position"),
    ),
    "noise_by_position": Code(
        title="some positions change more often than others",
        way_out="look for weights by position, or add a hyperschedule to the "
        "specification",
        may_cause=(*_OF_LEVELS, "dependent_positions"),
    ),
    "times_out_of_range": Code(
        title="times outside their range",
        way_out="draw t in (low, high], or pass the range as `low` and `high`",
        may_cause=("times_not_uniform",),
    ),
    "repeated_times": Code(
        title="rows share their time",
        way_out="draw one time for each row: one time for a batch makes the loss noisy",
        may_cause=("times_not_uniform", "times_not_stratified"),
    ),
    "one_time_per_row": Code(
        title="one time for a row where each block should have its own",
        way_out="draw times of the shape (rows, blocks) and repeat them with "
        "`block_times`",
        may_cause=("repeated_times",),
    ),
    "times_vary_in_block": Code(
        title="several times within a block",
        way_out="repeat the time of a block over its positions with `block_times`, and "
        "check the width",
    ),
    "times_not_uniform": Code(
        title="times are not evenly distributed",
        way_out="draw t evenly, or weigh the loss by the density that was used",
    ),
    "times_not_stratified": Code(
        title="times are independent where they should be spread evenly",
        way_out='take the cell of each row by `sample_times(method="stratified")`',
    ),
    "times_stratified": Code(
        title="times are spread evenly where they should be independent",
        way_out='pass method="stratified"',
    ),
    "wrong_weights": Code(
        title="weights of another form",
        way_out="use `loss_weight` or `nelbo_weight` of the process, or pass the form",
    ),
}
"""The codes in the order in which findings are reported: causes come first."""

ALPHA_CODES: Final = (
    *("wrong_alpha", "time_reversed", "schedule_ignored", "total_noise_trap"),
    "own_token_excluded",
)
"""Codes of a wrong share of changed tokens: `wrong_alpha`, or what explains it."""

DEPENDENCE_CODES: Final = (
    *("repeated_rows", "same_noise_on_ranks", "frozen_noise", "dependent_positions"),
    *("noise_by_token", "noise_by_position", "token_never_changed"),
    "position_never_changed",
)
"""Codes of tests that compare changes with the chances of their rows."""
