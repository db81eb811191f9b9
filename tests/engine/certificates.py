"""Fixtures that tests of certificates share."""

FEW = 4096
NAMES = [
    "golden_vectors",
    "specification",
    "sigma_rises",
    "alpha",
    "dsigma",
    "information",
    "marginals",
    "score_ratios",
    "score_entropy",
    "nelbo_weights",
    "kernels",
    "kernel_columns",
    "semigroup",
    "bayes",
    "rates",
    "finite",
    "changed_tokens",
    "masked_tokens",
    "destinations",
    "markov_path",
    "independence",
    "nesting",
    "same_bytes",
    "hyperschedule",
]


def failed(certificate):
    return [check.name for check in certificate.checks if check.status == "failed"]


def skipped(certificate):
    return [check.name for check in certificate.checks if check.status == "skipped"]


def check_of(certificate, name):
    return next(check for check in certificate.checks if check.name == name)
