import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory

from noising.form_fields import LongTextFormField
from noising.templatetags.texts import code


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Use `a<b`, not `c`.", "Use <code>a&lt;b</code>, not <code>c</code>."),
        ("<b>plain</b>", "&lt;b&gt;plain&lt;/b&gt;"),
        ("one ` alone <", "one ` alone &lt;"),
        ("`a`\n\nb `", "<code>a</code>\n\nb `"),  # code lies within a paragraph
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


def render(source: str, **values: object) -> str:
    template = engines["django"].from_string("{% load texts %}" + source)
    return template.render(values, RequestFactory().get("/"))


def test_a_page_marks_the_first_use_of_a_term_only() -> None:
    source = '{% term "alpha" %} {% term "alpha" "Alpha" %} {% terms text %}'
    html = render(source, text="alpha of timesteps, <b>timestep</b>, and a name")
    assert html.count("<a ") == 2
    assert ">alpha</a> Alpha alpha of <a " in html
    assert 'href="/help/glossary/#term-timestep"' in html
    assert html.endswith(">timesteps</a>, &lt;b&gt;timestep&lt;/b&gt;, and a name")


def test_the_meaning_is_the_tooltip() -> None:
    html = render('{% term "move chance" %}')
    assert 'title="1 - alpha."' in html


def test_a_fields_label_has_a_sign_that_says_what_it_is() -> None:
    class Small(forms.Form):
        num_timesteps = forms.IntegerField(label="Timesteps")
        title = forms.CharField(help_text="<i>Any</i> graph.")

    form = Small()
    sized = form["num_timesteps"].as_field_group()
    assert 'aria-label="What is “timestep”?"' in sized
    assert "</label>" in sized.split("<a")[0]  # a link in a label would be clicked
    titled = form["title"].as_field_group()
    assert "&lt;i&gt;Any&lt;/i&gt; <a" in titled
    assert "What is" not in titled
