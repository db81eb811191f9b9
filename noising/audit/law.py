"""What the claim says of each token of a chunk, and what happened to it."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.audit.pairs import Pairs
from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import BoolArray, FloatArray, IntArray, quiet
from noising.engine.graphs.mixture import Mixture, MixtureGraph

_LEAST_CHANCE: Final = 1e-300
_ROUNDING: Final = 1e-12
_NOISE: Final = np.geomspace(1e-3, 30.0, 16)  # which weights of positions can give


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Chances of the tokens of a chunk; each array broadcasts to (N, L).

    Attributes:
        change: chance that the token changes.
        mask: chance that it becomes the mask.
        draw: chance that it draws from the graph's base distribution.
        own: probability of its own id in the base distribution.
        rank_one: whether `mask`, `draw` and `own` are known.
    """

    change: FloatArray
    mask: FloatArray
    draw: FloatArray
    own: FloatArray
    rank_one: bool

    @property
    def own_share(self) -> FloatArray:
        """Chance that a token which moves draws its own id."""
        return self.draw * self.own / np.maximum(self.mask + self.draw, _LEAST_CHANCE)

    @property
    def by_row(self) -> bool:
        """Whether all tokens of a row have the same chances."""
        return bool(self.change.shape[1] == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A chunk with its law and its changes.

    Attributes:
        pairs: the chunk.
        eligible: (N, L), True where a token may change: not protected, not padding,
            and a data id.
        changed: (N, L), True where an eligible token changed.
        in_states: (N, L), True where the noised id is a state of the graph.
        eligible_count: (N,) eligible tokens of each row.
        changed_count: (N,) changed tokens of each row.
        law: the chances, or None without a time or an alpha.
        is_exchangeable: whether the tokens of a row have the same chances.
    """

    pairs: Pairs
    eligible: BoolArray
    changed: BoolArray
    in_states: BoolArray
    eligible_count: IntArray
    changed_count: IntArray
    law: Law | None
    is_exchangeable: bool

    @classmethod
    def of(cls, process: ForwardProcess, pairs: Pairs) -> "Observed":
        """Compute the chances and changes of a chunk.

        Raises:
            EngineError: times by position with a hyperschedule.
        """
        x0, xt = pairs.x0, pairs.xt
        eligible = (x0 >= 0) & (x0 < process.vocab_size)
        if process.mask_id is not None:
            eligible &= x0 != process.mask_id
        clean = np.where(eligible, x0, _any_data_id(process))
        for fixed in (pairs.protect, pairs.padding):
            if fixed is not None:
                eligible &= ~fixed
        changed = (xt != x0) & eligible
        law = find_law(process, pairs, clean)
        has_same_chances = process.hyperschedule is None and not is_uneven(process)
        return cls(
            pairs=pairs,
            eligible=eligible,
            changed=changed,
            in_states=(xt >= 0) & (xt < process.num_states),
            eligible_count=eligible.sum(axis=1),
            changed_count=changed.sum(axis=1),
            law=law,
            is_exchangeable=has_same_chances if law is None else law.by_row,
        )

    @property
    def row_share(self) -> FloatArray:
        """The share of each row's eligible tokens that changed, (N, 1)."""
        share = self.changed_count / np.maximum(self.eligible_count, 1)
        return np.asarray(share[:, None])

    @property
    def conditional(self) -> FloatArray | None:
        """Chances of a change given how many tokens of the row changed.

        Where the tokens of a row have the same chance it is the row's own share,
        whatever the claim says of alpha. Elsewhere it is the claim's, or None without
        one. It broadcasts to (N, L).
        """
        if self.is_exchangeable:
            return self.row_share
        return None if self.law is None else self.law.change


def _any_data_id(process: ForwardProcess) -> int:
    return 1 if process.mask_id == 0 else 0


@quiet
def find_law(process: ForwardProcess, pairs: Pairs, clean: Any) -> Law | None:
    """Return the chances that the claim gives, or None without a time or an alpha."""
    sigma = find_sigma(process, pairs, clean)
    if sigma is None:
        return None
    graph = process.graph
    if not isinstance(graph, MixtureGraph):
        whole = np.broadcast_to(sigma, pairs.shape)
        change = 1.0 - graph.likelihood(clean, clean, whole)
        none = np.zeros((1, 1))
        return Law(change=change, mask=none, draw=change, own=none, rank_one=False)
    mixture = Mixture.of(graph.channel(sigma))
    base = graph.base()
    own = base[clean] if is_uneven(process) else np.full((1, 1), base.max())
    return Law(
        change=mixture.mask + mixture.base * (1.0 - own),
        mask=mixture.mask,
        draw=mixture.base,
        own=own,
        rank_one=True,
    )


@quiet
def find_events(process: ForwardProcess) -> tuple[bool, bool]:
    """Whether tokens can be masked, and whether they can be resampled."""
    if not isinstance(process.graph, MixtureGraph):
        return False, True
    sigma = np.concatenate([process.sigma(np.linspace(0.0, 1.0, 65)), _NOISE])
    mixture = Mixture.of(process.graph.channel(sigma))
    return bool((mixture.mask > 0.0).any()), bool((mixture.base > 0.0).any())


def is_uneven(process: ForwardProcess) -> bool:
    """Whether data ids have different probabilities in the base distribution."""
    if not isinstance(process.graph, MixtureGraph):
        return True
    base = process.graph.base()
    data_ids = process.vocab_size - int(process.graph.mask_inside)
    some = base[base > 0.0]
    return bool(some.size < data_ids or np.ptp(some) > _ROUNDING * some.max())


def find_sigma(process: ForwardProcess, pairs: Pairs, clean: Any) -> FloatArray | None:
    """Return the total noise that the claim gives to each token.

    Returns:
        (N, 1) or (N, L); None without times and alphas.

    Raises:
        EngineError: times by position with a hyperschedule.
    """
    if pairs.time is None:
        if pairs.alpha is None or process.hyperschedule is not None:
            return None
        return np.asarray(-np.log(np.maximum(pairs.alpha, _LEAST_CHANCE)))
    if process.hyperschedule is None:
        return np.asarray(process.sigma(pairs.time))
    if pairs.time.shape[1] > 1:
        raise EngineError(
            "t",
            "noise_by_position",
            "must be one time for each row with a `hyperschedule`",
            list(pairs.time.shape),
            "pass the times that the rows have",
        )
    rows, length = pairs.shape
    padding = pairs.padding
    lengths = None if padding is None else (~padding).sum(axis=1)
    sigma = process.position_sigma(
        pairs.time[:, 0], length, tokens=clean, lengths=lengths
    )
    return np.broadcast_to(sigma, (rows, length))
