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
UDLM = """
defaults: [_self_, {/data: qm9}, {/noise: loglinear}, {/guidance: null}]
mode: train
diffusion: uniform
parameterization: d3pm
time_conditioning: True
zero_recon_loss: True
T: 0
is_vision: False
noise: {type: loglinear, sigma_min: 1e-4, sigma_max: 20}
data: {train: lm1b, tokenizer_name_or_path: bert-base-uncased, label_col: null}
training: {antithetic_sampling: True, sampling_eps: 1e-3, use_simple_ce_loss: False}
"""
BD3LM = """
diffusion: absorbing_state
block_size: ${model.length}
noise: {type: loglinear, sigma_min: 1e-4, sigma_max: 20}
algo:
  {name: bd3lm, backbone: dit, parameterization: subs, T: 0, ignore_bos: True,
   cross_attn: True, var_min: True, fix_clipping: False, mdlm_loss_scale: False}
data: {train: openwebtext, tokenizer_name_or_path: gpt2}
model: {length: 1024}
training:
  {antithetic_sampling: True, sampling_eps: 1e-3, sampling_eps_min: 0.3,
   sampling_eps_max: 0.8, resample: True, eval_nll: True}
"""
DUO = """
seed: 1
noise: {type: log-linear, eps: 1e-3}
prior: {type: none, latent_width: 0}
algo:
  {name: duo, backbone: dit, parameterization: mean, T: 0, loss_type: elbo,
   ignore_bos: False, curriculum: {mode: simple, start: 100000, end: 200000}}
data: {train: openwebtext, tokenizer_name_or_path: gpt2, modality: text}
training: {antithetic_sampling: True, sampling_eps: 1e-3, loss_precision: bf16}
"""
FLOW_MATCHING = """
compute: {ngpus: 8}
data: {train: fineweb-edu}
flow:
  source_distribution: mask
  loss_function: cross_entropy
  exponent: 2.
  scheduler_type: polynomial
  sampling_steps: 1024
model: {length: 1024}
"""
LLADA = """{
  "architectures": ["LLaDAModelLM"], "model_type": "llada", "d_model": 4096,
  "vocab_size": 126464, "embedding_size": 126464, "mask_token_id": 126336,
  "pad_token_id": 126081, "max_sequence_length": 4096, "transformers_version": "4.46.3"
}"""
LLADA2_SFT = """
model: {tokenizer_path: ./LLaDA2.0-mini-preview-moe-merge}
data: {noise_range_low: 0.3, noise_range_high: 0.8, max_seq_len: 2048}
train: {block_diffusion_mode: true, block_size: 32, lr: 1.0e-5, log_steps: 1}
"""
DREAM = """{
  "architectures": ["DreamModel"], "model_type": "Dream", "vocab_size": 152064,
  "mask_token_id": 151666, "pad_token_id": 151643, "hidden_size": 3584,
  "rope_theta": 1000000.0, "use_cache": false
}"""
DLLM = """
model_name_or_path: GSAI-ML/LLaDA-8B-Base
dataset_args: allenai/tulu-3-sft-mixture
mask_prompt_loss: true
time_epsilon: 1e-3
loss_weight_type: scheduler
loss_norm_type: token
right_shift_logits: false
block_size: 32
learning_rate: 2e-5
warmup_ratio: 0.1
"""
TEXTS = {
    "sedd": SEDD,
    "mdlm": MDLM,
    "udlm": UDLM,
    "bd3lm": BD3LM,
    "duo": DUO,
    "hdlm": HDLM_GAMMA,
    "gidd": GIDD,
    "flow_matching": FLOW_MATCHING,
    "diffusers": DDPM,
    "llada": LLADA,
    "dream": DREAM,
    "dllm": DLLM,
}


def kinds_of(imported: Imported) -> set[tuple[str, str]]:
    """Return key and kind of every note."""
    return {(note.key, note.kind) for note in imported.notes}


def refused(source, config, **more) -> tuple[str, str]:
    """Import what must be refused; return the field and the code."""
    with pytest.raises(EngineError) as caught:
        import_config(source, config, **more)
    return caught.value.field, caught.value.code
