"""Configurations as their projects write them, and what tests ask of an import."""

import pytest

from noising.engine import EngineError
from noising.engine.importers import Imported, import_config

SEDD = """
ngpus: 8
tokens: 50257
training: {batch_size: 512, ema: 0.9999}
graph:
  type: absorb
  file: data
  report_all: False
noise:
  type: loglinear
  sigma_min: 1e-4
  sigma_max: 20
optim: {lr: 3e-4, eps: 1e-8}
"""
MDLM = """
defaults:
  - _self_
  - /data: openwebtext
  - /noise: loglinear
  - override /strategy: ddp
diffusion: absorbing_state
parameterization: subs
T: 0
seed: 1
training:
  antithetic_sampling: True
  importance_sampling: False
  sampling_eps: 1e-3
wandb: {tags: ["${noise.type}"]}
"""
HDLM_GAMMA = """
model_type: "gamma_hybrid"
tokenizer: {tokens: 50257, model: gpt2}
graph: {type: QGamma, gamma: 0.01, report_all: False, expanded_sigma: True}
noise:
  type: loglinear
  sigma_min: 1e-4
  sigma_max: 10.0
  ar_diffusion: False
  expanded_sigma: ${graph.expanded_sigma}
annealing:
  type: block
  efficient: False
  width: 1024
  tau: 2048
  eval_tau: ${annealing.tau}
  sampling_eps: 1e-4
  attention: {context_type: block_causal, block_type: full}
  match_inference: True
"""
HDLM_EPSILON = """
model_type: "epsilon_hybrid"
tokenizer: {tokens: 50257, model: gpt2}
training: {loss_type: hybrid, epsilon: 0.01, lambda: 1.0}
annealing: {type: block, width: 1024, tau: 1024, sampling_eps: 1e-4}
"""
GIDD = """
defaults: [{data: owt}, {model: small}]
model: {type: diffusion, diffusion_process: gidd, p_uniform: 0.2, t_eps: 1e-4}
training: {low_discrepancy_sampling: True, lr_schedule: cosine}
"""
DDPM = """{
  "_class_name": "DDPMScheduler", "_diffusers_version": "0.21.4",
  "beta_end": 0.02, "beta_schedule": "linear", "beta_start": 0.0001,
  "clip_sample": true, "num_train_timesteps": 1000, "trained_betas": null,
  "prediction_type": "epsilon", "variance_type": "fixed_small"
}"""
TEXTS = {
    "sedd": SEDD,
    "mdlm": MDLM,
    "hdlm": HDLM_GAMMA,
    "gidd": GIDD,
    "diffusers": DDPM,
}


def kinds_of(imported: Imported) -> set[tuple[str, str]]:
    """Return key and kind of every note."""
    return {(note.key, note.kind) for note in imported.notes}


def refused(source, config, **more) -> tuple[str, str]:
    """Import what must be refused; return the field and the code."""
    with pytest.raises(EngineError) as caught:
        import_config(source, config, **more)
    return caught.value.field, caught.value.code
