"""Noise for training: the tokens of `ForwardProcess.noise`, keyed by sample id."""

import dataclasses
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch

from noising.engine import TIMES_VERSION, EngineError, ForwardProcess, build_process
from noising.engine.arrays import FloatArray
from noising.engine.randomness import ALGORITHM_VERSION, MAX_SEED, check_word
from noising.replay import CallOptions, Manifest, RowOrder, TimeRule, describe_data
from noising.replay.weights import check_form, choose_form
from noising.torch.call import NoiseCall, as_array, check_fixed, check_tokens
from noising.torch.kernels import Draw, EngineDraw, TorchKernel, check_kernel
from noising.torch.noised import NoisedTensors
from noising.torch.rows import RowCounter

IGNORE_INDEX: Final = -100
"""The label that losses of torch ignore."""


class Noiser:
    """Draws x_t from q(x_t | x_0) for tensors, with times and weights of the loss.

    What it draws depends on the seed and on each row's id and draw only, so that ranks,
    batches, accumulation, workers and restarts do not change it. All tokens are those
    of `ForwardProcess.noise` with the same arguments, on every device.

        noiser = Noiser(spec, seed=7, total=len(dataset))
        n = noiser(x0, ids=ids, draw=epoch)
        loss = (n.weight[:, None] * losses(model(n.xt, n.t), x0))[n.moved].sum()

    Args:
        spec: a specification, the path of a JSON file with one, or a process.
        seed: 0..2^64-1, the same in every process.
        method: how times are drawn by id, as in `ForwardProcess.sample_times`; by
            default "stratified" if `total` is given, else "uniform".
        total: number of rows of the data set, whose ids are 0..total-1. "stratified"
            and "antithetic" need it.
        low: lower end of the times, >= 0; no time equals it.
        high: upper end of the times, in (low, 1].
        time_block: width of blocks of positions that each have a time of their own, for
            block diffusion; by default one time for all positions of a row. Times and
            weights then are (B, L).
        max_length: number of positions of the longest sequence, with `time_block`; it
            numbers the blocks of all sequences.
        form: form of the weight, as in `ForwardProcess.loss_weight`; by default "count"
            in calls with `count`; else "elbo" for `absorbing` and `hdlm_epsilon`
            without a hyperschedule; else "flat".
        kernel: one of these:
            "auto", the engine's kernel for CPU tensors, torch for others;
            "engine", which copies tensors of other devices to the CPU and back;
            "torch", integer operations of torch on every device.
        compile: compile the operations of torch, and use them for CPU tensors too.
        check_ids: check that every token lies in the vocabulary. On an accelerator
            this waits for the device. The engine's kernel always checks it.
        rank: number of this process, for calls without ids; by default that of
            `torch.distributed`, or 0.
        world: number of processes, likewise; or 1.

    Raises:
        EngineError: an argument is invalid; names it.
    """

    def __init__(
        self,
        spec: Mapping[str, Any] | str | os.PathLike[str] | ForwardProcess,
        *,
        seed: int,
        method: str | None = None,
        total: int | None = None,
        low: float = 0.0,
        high: float = 1.0,
        time_block: int | None = None,
        max_length: int | None = None,
        form: str | None = None,
        kernel: str = "auto",
        compile: bool = False,
        check_ids: bool = True,
        rank: int | None = None,
        world: int | None = None,
    ) -> None:
        self.process = _find_process(spec)
        self.seed = check_word(seed, "seed", MAX_SEED)
        self.times = TimeRule(
            method=method or ("uniform" if total is None else "stratified"),
            total=total,
            low=low,
            high=high,
            time_block=time_block,
            max_length=max_length,
        )
        self.sample_times([])  # checks the arguments
        self.form = form
        if form is not None:
            check_form(self.process, form)
        self._name = check_kernel(kernel)
        if compile and kernel == "engine":
            rule = "must not be `engine` with compile=True"
            raise EngineError("kernel", "not_together", rule, kernel)
        self._is_compiled = compile
        self._kernel = TorchKernel(self.process, compiled=compile, checks_ids=check_ids)
        self._has_warned = False
        self._rows = RowCounter(rank, world)

    def __call__(
        self,
        x0: torch.Tensor,
        *,
        ids: Any = None,
        draw: int = 0,
        t: Any = None,
        timestep: Any = None,
        positions: Any = None,
        protect: Any = None,
        labels: Any = None,
        ignore_index: int = IGNORE_INDEX,
        lengths: Any = None,
        count: Any = None,
        at_least: Any = None,
        block: int | None = None,
        low: float | None = None,
        high: float | None = None,
        form: str | None = None,
    ) -> NoisedTensors:
        """Return noised tokens with their times and weights.

        Arguments other than tokens and masks are best on the CPU, since their values
        are needed there.

        Args:
            x0: (B, L) clean tokens, any integer dtype and device.
            ids: (B,) ids 0..2^63-1 of the rows, such as their indices in the data set;
                or (B, L) ids of the tokens, of rows that hold several sequences. By
                default the next global row numbers of this process.
            draw: 0..2^32-1, which of several independent draws, such as the epoch.
            t: times in [0, 1]: a scalar, (B,) or (B, L). By default they are drawn by
                id.
            timestep: integer timesteps instead.
            positions: (L,) or (B, L) positions of the tokens in their sequences; by
                default 0..L-1.
            protect: (L,) or (B, L) bool, True where a token never changes.
            labels: (B, L) labels; where they are `ignore_index` a token never changes.
            ignore_index: the label of tokens without a loss.
            lengths: (B,) numbers of real positions in padded rows.
            count: as in `ForwardProcess.noise`, exactly so many tokens move.
            at_least: as in `ForwardProcess.noise`, at least so many tokens move.
            block: as in `ForwardProcess.noise`, makes both hold for every block.
            low: lower end of the times of this call, instead of the noiser's.
            high: upper end of the times of this call, instead of the noiser's.
            form: form of the weight of this call, instead of the noiser's.

        Raises:
            EngineError: an argument is invalid or does not fit the tokens.
        """
        clean = check_tokens(x0)
        counts_rows = ids is None
        if counts_rows:
            self._check_counting()
            ids = self._rows.find_next(clean.shape[0])
        ids = as_array(ids)
        options = {
            "positions": as_array(positions),
            "lengths": as_array(lengths),
            "count": as_array(count),
            "at_least": as_array(at_least),
            "block": block,
        }
        time, time_weight = self._find_time(
            t, timestep, low, high, ids, draw, clean.shape[1], options["positions"]
        )
        call = NoiseCall(
            process=self.process,
            seed=self.seed,
            draw=draw,
            ids=ids,
            time=time,
            time_weight=time_weight,
            options={name: x for name, x in options.items() if x is not None},
            fixed=check_fixed(clean, protect, labels, ignore_index),
        )
        weight_form = self._choose_form(form, has_count=count is not None)
        result = NoisedTensors(call, clean, self._draw(call, clean), form=weight_form)
        if counts_rows:
            self._rows.add(clean.shape[0])
        return result

    def sample_times(
        self, ids: Any, draw: int = 0, *, length: int = 1, positions: Any = None
    ) -> FloatArray:
        """Return the times that calls draw for some ids, (B,) or (B, L), in float64.

        Args:
            ids: (B,) or (B, L) ids.
            draw: which of several independent draws, such as the epoch.
            length: L, on which the shape depends with `time_block`.
            positions: (L,) or (B, L) positions, likewise; by default 0..L-1.
        """
        times, _ = self.times.draw(
            self.process,
            as_array(ids),
            seed=self.seed,
            draw=draw,
            length=length,
            positions=as_array(positions),
        )
        return times

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must hold to continue with the same noise.

        It is the same in every process, at a moment at which all of them have noised
        equally many rows. A run with ids does not need it, but it is checked then.
        """
        return {
            "seed": self.seed,
            "fingerprint": self.process.fingerprint,
            "recipe_version": ALGORITHM_VERSION,
            "times_version": TIMES_VERSION,
            "rows": self._rows.total,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the state of a noiser, on any number of processes.

        Raises:
            EngineError: it is of another process or version, or lacks a value.
        """
        own = self.state_dict()
        for field in own:
            if field not in state:
                raise EngineError(f"state.{field}", "missing", "must be given", None)
        for field in ("fingerprint", "recipe_version", "times_version"):
            if state[field] != own[field]:
                raise EngineError(
                    f"state.{field}",
                    "other_noise",
                    f"must be {own[field]}, that of this noiser",
                    state[field],
                    "use the specification and the version of the library that the "
                    "checkpoint was written with",
                )
        seed = check_word(state["seed"], "state.seed", MAX_SEED)
        self._rows.total = check_word(state["rows"], "state.rows", (1 << 63) - 1)
        self.seed = seed

    def manifest(
        self,
        data: Sequence[Any] = (),
        *,
        call: Mapping[str, Any] | None = None,
        order: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return a JSON document with which `noising replay` makes the noise again.

        Args:
            data: paths of the data files, in the order of their rows, which have the
                ids 0, 1, ...; for a .bin file of nanoGPT {"path", "dtype", "length"}.
                Each file is read.
            call: the arguments that all calls of the noiser have, of `count`,
                `at_least`, `block`, `low`, `high`, `form`, `t` and `timestep`;
                {"lengths": True} if calls pass the lengths of the rows; "protect", the
                ids whose tokens calls protect; and {"special": True} if calls protect
                the special tokens that the data files mark.
            order: {"batch", "world", "accumulation"} of a run that takes the rows in
                the order of the data files, as `global_ids` counts them. Leave it out
                for a run that shuffles; its rows are named by id.

        Raises:
            EngineError: an argument is invalid.
            DataFileError: a data file is not as its form says.
        """
        options = CallOptions.parse(call or {}, self.process)
        form = self._choose_form(options.form, has_count=options.count is not None)
        return Manifest(
            process=self.process,
            seed=self.seed,
            times=self.times,
            call=dataclasses.replace(options, form=form),
            order=None if order is None else RowOrder.parse(order),
            data=describe_data(data),
            versions={"torch": str(torch.__version__)},
        ).as_dict()

    def _draw(self, call: NoiseCall, clean: torch.Tensor) -> Draw:
        wants_torch = self._name == "torch" or (
            self._name == "auto" and (self._is_compiled or clean.device.type != "cpu")
        )
        if wants_torch and self._kernel.serves(call):
            return self._kernel.noise(call, clean)
        if wants_torch and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                "noise on matrix graphs, and numbers of tokens to move with a "
                "hyperschedule, are computed on the CPU",
                stacklevel=3,
            )
        return EngineDraw(call, clean)

    def _find_time(
        self,
        t: Any,
        timestep: Any,
        low: float | None,
        high: float | None,
        ids: Any,
        draw: int,
        length: int,
        positions: Any,
    ) -> tuple[Mapping[str, Any], FloatArray | None]:
        """Return the time of a call, and the factors of weights for drawn times."""
        if t is not None or timestep is not None:
            for field, value in (("low", low), ("high", high)):
                if value is not None:
                    rule = "must not be given with `t` or `timestep`"
                    raise EngineError(field, "not_together", rule, value)
            time = self.process.timeline.check_time(as_array(timestep), as_array(t))
            return {"timestep" if time.is_timestep else "t": time.given}, None
        times, weights = self.times.draw(
            self.process,
            ids,
            seed=self.seed,
            draw=draw,
            length=length,
            positions=positions,
            low=low,
            high=high,
        )
        return {"t": times}, self.times.find_factors(weights, low, high)

    def _check_counting(self) -> None:
        """Check that times can be drawn for row numbers, which have no end."""
        if self.times.total is not None:
            raise EngineError(
                "ids",
                "missing",
                "must be given where the noiser has a `total`",
                None,
                "pass the rows' indices in the data set, or leave out `total`",
            )

    def _choose_form(self, form: str | None, *, has_count: bool) -> str:
        if form is not None:
            check_form(self.process, form)
            return form
        if self.form is not None:
            return self.form
        return choose_form(self.process, has_count=has_count)


def _find_process(spec: Any) -> ForwardProcess:
    """Return the process of a specification, the path of one, or a process."""
    if isinstance(spec, ForwardProcess):
        return spec
    if isinstance(spec, (str, os.PathLike)):
        try:
            spec = json.loads(Path(spec).read_text(encoding="utf-8"))
        except ValueError as error:
            rule = "must be a file with JSON"
            raise EngineError("spec", "not_json", rule, str(spec)) from error
    return build_process(spec)
