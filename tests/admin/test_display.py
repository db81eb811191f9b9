from noising.admin.display import LONGEST_JSON, findings_list, json_block


def test_json_is_shown_indented_and_escaped() -> None:
    assert json_block({"a": "<b>"}) == (
        "<pre>{\n  &quot;a&quot;: &quot;&lt;b&gt;&quot;\n}</pre>"
    )


def test_of_very_long_json_the_beginning_is_shown() -> None:
    shown = json_block(["x" * 10] * 10_000)
    assert "characters more" in shown
    assert len(shown) < 3 * LONGEST_JSON


def test_json_that_is_not_there_is_a_dash() -> None:
    assert json_block(None) == "-"


def test_findings_are_text() -> None:
    finding = {"severity": "info", "code": "c", "message": "<i>", "way_out": None}
    assert "&lt;i&gt;" in findings_list([finding])
    assert findings_list([]) == "Nothing."
