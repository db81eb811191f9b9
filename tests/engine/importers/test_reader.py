"""The reader: references, numbers written as text, and notes on every key."""

import pytest

from noising.engine import EngineError
from noising.engine.importers import Note
from noising.engine.importers.reader import (
    ASSUMED,
    DIFFERS,
    IGNORED,
    NO_MEANING,
    NOT_UNDERSTOOD,
    Reader,
)
from noising.engine.parameters import Integer, Number

SHARE = Number(low=0.0, high=1.0, help="a share")
COUNT = Integer(low=1, high=9, help="a count")


def _refused(function, *arguments, **more):
    with pytest.raises(EngineError) as caught:
        function(*arguments, **more)
    return caught.value.field, caught.value.code


def test_values_are_found_by_their_dotted_path():
    reader = Reader({"a": {"b": {"c": 3}}, "d": None})
    assert reader.value("a.b.c") == 3
    assert reader.value("a.x") is None
    assert reader.value("a.b.c.d") is None
    assert (reader.has("a.b"), reader.has("a.x"), reader.has("d")) == (
        True,
        False,
        False,
    )


def test_references_are_followed_and_circles_are_not():
    reader = Reader(
        {
            "a": {"width": 7},
            "b": "${a.width}",
            "c": "${b}",
            "round": "${about}",
            "about": "${round}",
            "gone": "${a.height}",
            "partly": "run-${a.width}",
        }
    )
    assert reader.integer("c", COUNT) == 7
    assert reader.value("partly") == "run-${a.width}"
    for path in ("round", "gone"):
        assert _refused(reader.value, path) == (f"config.{path}", "dangling_reference")


def test_numbers_may_be_written_as_yaml_1_1_misreads_them():
    reader = Reader({"a": "1e-4", "b": 1, "c": "many", "d": True, "e": "nan"})
    assert reader.number("a", SHARE) == 1e-4
    assert reader.number("b", SHARE) == 1.0
    assert _refused(reader.number, "c", SHARE) == ("config.c", "not_a_number")
    assert _refused(reader.number, "d", SHARE) == ("config.d", "not_a_number")
    assert _refused(reader.number, "e", SHARE) == ("config.e", "not_finite")


def test_a_default_is_noted_and_without_one_a_key_is_required():
    reader = Reader({"a": None})
    assert reader.number("a", SHARE, default=0.5) == 0.5
    assert reader.choice("b", {"x": 1}, default="x") == 1
    assert [note.kind for note in reader.notes] == [ASSUMED, ASSUMED]
    assert reader.notes[0] == Note(
        kind=ASSUMED, key="a", text="Not in the configuration: 0.5 is assumed."
    )
    assert _refused(reader.integer, "c", COUNT) == ("config.c", "missing")


@pytest.mark.parametrize("found", ["linear", 3, ["x"], {"x": 1}, True])
def test_a_choice_is_one_of_its_table(found):
    reader = Reader({"kind": found})
    refusal = _refused(reader.choice, "kind", {"linera": 1})
    assert refusal == ("config.kind", "cannot_import")


def test_a_name_that_looks_like_another_gets_no_hint_at_that():
    table, hints = {"loglinear": 1}, {"log-linear": "it is another's"}
    for name, way_out in [("log-linear", "it is another's"), ("loglinera", "")]:
        with pytest.raises(EngineError) as caught:
            Reader({"kind": name}).choice("kind", table, hints=hints)
        assert caught.value.way_out == way_out


def test_every_key_that_was_not_used_is_noted_once():
    reader = Reader(
        {
            "noise": {"type": "a", "speed": 3, "more": {"deep": 1}},
            "optim": {"lr": 1, "beta": 2},
            "seed": 7,
            "graph": {"type": "b", "file": "x"},
            "list": [1],
        }
    )
    reader.value("noise.type")
    reader.value("graph.type")
    reader.ignore("graph.file", "graph.absent", why="it is old")
    reader.remark(DIFFERS, "seed", "It seeds training.")
    reader.remark(DIFFERS, "seed", "Not twice.")
    reader.note_the_rest({"noise.speed", "optim"})
    assert [(note.kind, note.key) for note in reader.notes] == [
        (IGNORED, "graph.file"),
        (DIFFERS, "seed"),
        (NO_MEANING, "noise.speed"),
        (NOT_UNDERSTOOD, "noise.more"),
        (NO_MEANING, "optim"),
        (NOT_UNDERSTOOD, "list"),
    ]
    assert reader.notes[0].text == "The original does not use it: it is old."
    assert reader.used == ("noise.type", "graph.type")


def test_a_section_without_meaning_is_one_note_and_an_unknown_key_parts_it():
    known = {"a.x", "a.y", "a.deep.z"}
    config = {"a": {"x": 1, "y": 2, "deep": {"z": 3}, "empty": {}}}
    reader = Reader(config)
    reader.note_the_rest(known)
    assert [(note.kind, note.key) for note in reader.notes] == [(NO_MEANING, "a")]
    reader = Reader({"a": {**config["a"], "deep": {"z": 3, "w": 4}}})
    reader.note_the_rest(known)
    assert [(note.kind, note.key) for note in reader.notes] == [
        (NO_MEANING, "a.x"),
        (NO_MEANING, "a.y"),
        (NO_MEANING, "a.deep.z"),
        (NOT_UNDERSTOOD, "a.deep.w"),
        (NO_MEANING, "a.empty"),
    ]


def test_an_error_of_the_engine_is_restored_to_the_key_that_was_written():
    reader = Reader({"beta": 0.5})
    reader.number("beta", SHARE, becomes="schedule.beta_min")
    reader.number("gamma", SHARE, default=0.1, becomes="schedule.gamma")
    error = EngineError("schedule.beta_min", "out_of_order", "must be low", 0.5, "x")
    restored = reader.restore_key(error)
    assert (restored.field, restored.code) == ("config.beta", "out_of_order")
    assert restored.way_out == "x; here it is `schedule.beta_min`"
    for field in ("schedule.gamma", "vocab_size"):  # a default is nobody's key
        error = EngineError(field, "code", "rule", 1)
        assert reader.restore_key(error) is error


def test_a_section_used_as_a_whole_or_in_depth_is_not_noted():
    reader = Reader({"a": {"b": {"c": 1}}, "d": {"e": 1}, "f": {"g": 2}})
    reader.value("a.b.c")
    reader.value("d")
    reader.ignore("f", why="of no use")
    reader.note_the_rest()
    assert [note.key for note in reader.notes] == ["f"]
