import pytest
from django import forms

from noising.form_fields import LongTextFormField
from noising.templatetags.texts import code


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Use `a<b`, not `c`.", "Use <code>a&lt;b</code>, not <code>c</code>."),
        ("<b>plain</b>", "&lt;b&gt;plain&lt;/b&gt;"),
        ("one ` alone <", "one ` alone &lt;"),
    ],
)
def test_what_is_between_backticks_is_code(text: str, html: str) -> None:
    assert code(text) == html


def test_errors_of_every_form_have_it() -> None:
    class Short(forms.Form):
        text = LongTextFormField(
            max_length=3, error_messages={"max_length": "`text` is <long>."}
        )

    form = Short({"text": "four"})
    assert "<li><code>text</code> is &lt;long&gt;.</li>" in form.as_div()
    assert "maxlength" not in form.as_div()  # browsers cut there without a word
