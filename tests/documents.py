"""Examples of documents that need packages of requirements-torch.txt."""

import re
from typing import Final

OPTIONAL: Final = ("torch", "datasets", "transformers", "accelerate")
"""Packages that examples need and requirements-dev.txt does not list."""


def optional_packages(program: str) -> list[str]:
    """Return the packages of `OPTIONAL` that an example needs."""
    imported = re.findall(r"^(?:from|import) (\S+)", program, re.MULTILINE)
    first = {name.removeprefix("noising.").split(".")[0] for name in imported}
    if "hf" in first:
        first.add("torch")
    if "transformers" in first:  # its Trainer
        first.add("accelerate")
    return [package for package in OPTIONAL if package in first]
