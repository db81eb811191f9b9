"""Fixtures that tests of tokenizers share."""

import numpy as np
import pytest

from benchmarks.corpora import Corpus, load_corpus


@pytest.fixture(scope="session")
def setmm() -> Corpus:
    """The corpus whose words the Metamath tokenizer knows."""
    return load_corpus("setmm", vocab_size=2, generator=np.random.default_rng(0))
