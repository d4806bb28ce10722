from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from common.yamlfile import InvalidFile, YamlFile, read_yaml


class Stream(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    key: tuple[str, ...]
    later_row_stands: bool = False


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["api", "files"] = "files"
    checked_on: date | None = None
    streams: list[Stream] = Field(default_factory=list)
    ends: dict[str, Stream] | None = None


RIGHT = """\
kind: api
checked_on: 2026-11-30
streams:
  - name: events
    key: [event_id]
  - name: attendees
    key: [event_id, attendee_id]
"""


def _read(folder, text, model=Source, **more):
    path = folder / "source.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path, model, **more)


def test_a_right_file_is_what_the_model_says(tmp_path):
    source = _read(tmp_path, RIGHT)
    assert source.kind == "api"
    assert source.checked_on == date(2026, 11, 30)
    assert source.streams[1].key == ("event_id", "attendee_id")


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_name(tmp_path):
    assert _read(tmp_path, b"\xef\xbb\xbfkind: api\n").kind == "api"


def test_an_empty_file_says_nothing(tmp_path):
    assert _read(tmp_path, "# nothing yet\n") == Source()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: api\nstream: []\n", "x.yaml line 2: stream: unknown; did you mean streams?"),
        ("zz: 1", "x.yaml line 1: zz: unknown; known are kind, checked_on, streams, ends"),
        (
            RIGHT.replace("key: [event_id]", "kye: [event_id]"),
            "x.yaml line 5: streams.1.kye: unknown; did you mean key?",
        ),
        (RIGHT.replace("    key: [event_id]\n", ""), "x.yaml line 4: streams.1.key: is missing"),
        (
            "ends:\n  a:\n    name: n\n    key: [k]\n    keys: 1",
            "x.yaml line 5: ends.a.keys: unknown; did you mean key?",
        ),
        ("kind: ftp", "x.yaml line 1: kind: Input should be 'api' or 'files'"),
        ("streams:\n- name: a\n  key: []\n- b", "x.yaml line 4: streams.2: expected settings: name, key"),
        ("- a list", "x.yaml: expected settings: kind, checked_on, streams, ends; found a list"),
        ("kind: api\nkind: files", "x.yaml line 2: kind: stands twice, first in line 1"),
        ("streams: [", "x.yaml is not valid YAML at line 1: "),
        ("checked_on: 2026-13-45", "x.yaml is not valid YAML: month must be in 1..12"),
        (b"kind: \xff", "x.yaml is not valid YAML: it is not in UTF-8"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_setting(tmp_path, text, said):
    with pytest.raises(InvalidFile) as raised:
        _read(tmp_path, text, where="x.yaml")
    assert said in str(raised.value)


def test_every_problem_has_a_line_of_its_own(tmp_path):
    with pytest.raises(InvalidFile) as raised:
        _read(tmp_path, "kind: ftp\nstreams: 3\nother: 1\n", where="x.yaml")
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == [f"x.yaml line {n}" for n in (1, 2, 3)]


def test_an_alias_is_no_repetition_and_a_loop_of_them_ends(tmp_path):
    text = "a: &stream {name: n, key: [k]}\nb: *stream\nc:\n  <<: *stream\n  name: m\n"
    assert _read(tmp_path, text, dict[str, Stream])["c"].name == "m"
    (tmp_path / "loop.yaml").write_text("&a [*a]")
    assert isinstance(YamlFile(tmp_path / "loop.yaml").content[0], list)


def test_what_a_file_holds_is_not_in_the_message(tmp_path):
    """A home's settings may hold what is nobody's business."""
    with pytest.raises(InvalidFile) as raised:
        _read(tmp_path, "kind: s3cret\nchecked_on: 's3cret'\n'unclosed s3cret: [")
    assert "s3cret" not in str(raised.value)


def test_a_file_that_is_not_there_is_told_in_the_callers_own_error(tmp_path):
    class Mine(Exception):
        pass

    with pytest.raises(Mine, match=r"gone\.yaml cannot be read \(No such file or directory\)"):
        read_yaml(tmp_path / "gone.yaml", Source, raises=Mine)


def test_any_type_can_be_read(tmp_path):
    assert _read(tmp_path, "- {name: a, key: []}", list[Stream])[0].name == "a"
    with pytest.raises(InvalidFile, match=r"line 1: 1\.nme: unknown; did you mean name"):
        _read(tmp_path, "- {nme: a, key: []}", list[Annotated[Stream, Field()]])
