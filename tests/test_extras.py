"""noising.extras: the error for users without an extra."""

import re

import pytest

from noising.extras import EXTRAS, MissingExtraError, require_extra


@pytest.mark.parametrize(
    ("extra", "package"),
    [(extra, package) for extra, packages in EXTRAS.items() for package in packages],
)
def test_a_missing_package_is_told_with_the_command_that_installs_it(extra, package):
    line = f'noising.x needs {EXTRAS[extra][package]}: pip install "noising[{extra}]"'
    with (
        pytest.raises(MissingExtraError, match=f"^{re.escape(line)}$") as caught,
        require_extra(extra, user="noising.x"),
    ):
        raise ModuleNotFoundError("as an import does", name=f"{package}.part")

    assert caught.value.name == f"{package}.part"
    assert isinstance(caught.value, ImportError)


def test_another_missing_module_is_not_hidden():
    with (
        pytest.raises(
            ModuleNotFoundError, match=r"^No module named 'no_such'$"
        ) as caught,
        require_extra("plots", user="noising.plots"),
    ):
        import no_such  # noqa: F401

    assert not isinstance(caught.value, MissingExtraError)


def test_what_is_installed_is_imported():
    with require_extra("plots", user="noising.plots"):
        import matplotlib as mpl

    assert mpl.__name__ == "matplotlib"
