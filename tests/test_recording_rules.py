"""What a recording keeps and what it removes, and when a request is the recorded one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vastai.client import table
from vastai.engine.retry import TransportError
from vastai.engine.steps import Reply
from vastai.recording import document, entries
from vastai.recording.compare import difference
from vastai.recording.entries import SecretFields, Sent
from vastai.recording.remover import Remover
from vastai.recording.rules import WORDS

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "recording.yaml").read_text(encoding="utf-8"))
ORIGIN = "https://console.vast.ai"


@pytest.mark.parametrize("case", CASES["removed"], ids=lambda case: case["why"])
def test_what_is_removed(case: dict[str, Any]) -> None:
    remover = Remover(case.get("known", ()))
    left = remover.clean(case["value"], case.get("secret", ()))
    assert left == case["left"]
    assert remover.clean(case["value"], case.get("secret", ())) == left, "the same value, the same stand-in"
    assert Remover().clean(left, case.get("secret", ())) == left, "what stands in is no secret any more"


@pytest.mark.parametrize("case", CASES["compared"], ids=lambda case: case["as"] or "the same")
def test_when_a_request_is_the_recorded_one(case: dict[str, Any]) -> None:
    verb, url, *body = case["sent"]
    sent = Sent(verb, url, body[0].encode() if body else None, known=case.get("fetched", False))
    assert difference(case["recorded"], sent) == case["as"]


def test_every_secret_parameter_of_the_table_is_removed_from_its_request() -> None:
    fields = SecretFields(table())
    for command in table():
        for parameter in command.params.values():
            if parameter.secret and parameter.place == "body":
                path = command.path.replace("{id}", "7").replace("{instance_id}", "7")
                assert parameter.wire in fields.of(command.verb, path), (command.name, parameter.name)


# -- no secret survives

# Long enough to be looked for everywhere; blanks at the ends would be lost in flags and words.
secrets = st.text(min_size=8, max_size=40).filter(
    lambda text: text.strip() == text and not text.isdigit() and text not in WORDS and "removed" not in text
)
keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=70).filter(
    lambda text: not text.isdigit() and text not in WORDS and "removed" not in text
)
words = st.text(max_size=20)
SECRET_FIELDS = ("api_key", "instance_api_key", "jupyter_token", "session_key", "signing_secret", "authorization_token")
SECRET_FIELDS += (
    "email",
    "username",
    "fullname",
    "billaddress_line1",
    "phone_number",
    "hostname",
    "ssh_key",
    "password",
)


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[str], Any]:
    """Secrets, and a value that holds them in their fields and in messages, JSON texts and keys of mappings."""
    found = draw(st.lists(secrets, min_size=1, max_size=4, unique=True))
    row: dict[str, Any] = {"id": draw(st.integers(0, 10**9)), "label": draw(words)}
    for secret in found:
        place = draw(st.sampled_from((*SECRET_FIELDS, "env", "extra_env", "secrets")))
        value = {"env": {"A": secret}, "secrets": {"A": secret}, "extra_env": [["A", secret]]}.get(place, secret)
        row[place] = [row[place], value] if place in row and place in SECRET_FIELDS else value
        if place not in SECRET_FIELDS:
            row["api_key"] = [row.get("api_key"), secret]  # the place may be taken by another one later
        before, after = draw(words), draw(words)
        row["msg"] = f"{row.get('msg', '')}{before}{secret}{after}"
        form = draw(st.sampled_from(("text", "json", "key", "list")))
        held = {"text": secret, "json": json.dumps({"x": secret}), "key": {secret: 1}, "list": [[secret]]}[form]
        row.setdefault("others", []).append(held)
    return found, draw(st.sampled_from((row, [row], {"instances": [row]})))


@given(answers())
def test_no_secret_survives_in_a_recording(made: tuple[list[str], Any]) -> None:
    found, value = made
    remover = Remover()
    cleaned = entries.answer_entry(remover, Reply(200, {}, json.dumps(value).encode()), ORIGIN)
    texts = set(_texts(cleaned))
    for secret in found:
        assert not [text for text in texts if secret in text]
    later = remover.text(f"as before: {found[0]}")  # and it is known from now on
    assert found[0] not in later


@given(keys, st.sampled_from(("path", "query", "body", "reason")))
def test_a_known_key_survives_nowhere(key: str, where: str) -> None:
    from urllib.parse import quote, unquote

    remover = Remover([key])
    place = {"path": f"/x/{quote(key, safe='')}/", "query": f"/x/?q={quote(key, safe='')}"}.get(where, "/x/")
    body = json.dumps({"a": [key]}).encode() if where == "body" else None
    entry = Sent("PUT", ORIGIN + place, body).entry(remover)
    lost = entries.failure_entry(TransportError(key, sent=True))
    shown = document.dumped([entry, remover.text(lost["reason"])])
    assert not [text for text in _texts(yaml.safe_load(shown)) if key in unquote(text)]


def _texts(value: Any) -> list[str]:
    """Every text in a value, keys included."""
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in (str(name), *_texts(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [str(value)]


# -- the file reads as it was written

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_a_value_reads_as_it_was_written(value: Any) -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    assert yaml.load(document.dumped([{"json": value}]), loader) == [{"json": value}]


def test_half_a_character_is_written_as_its_escape() -> None:
    assert yaml.safe_load(document.dumped(["a\ud800"])) == ["a\\ud800"]
