"""Stories for the sandbox: requests written as data, one after the other, with what their answers must hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from sandbox_kit import OFFER, START, Answer, Kit, offers

from vastai.sandbox import totp

Row = dict[str, Any]

# Texts that stories may use as {long300}: most are one character longer than a limit.
LENGTHS = (31, 65, 121, 256, 257, 300, 513, 600, 1025, 2000, 2049, 4097, 32769)


def collected(kind: str) -> Row:
    """All stories, or all refusals: those of every file tests/cases/sandbox_<kind>*.yaml, by name."""
    found: Row = {}
    for path in sorted((Path(__file__).parent / "cases").glob(f"sandbox_{kind}*.yaml")):
        cases = yaml.safe_load(path.read_text())[kind]
        assert not found.keys() & cases.keys(), f"{path.name} uses names of another file: {found.keys() & cases.keys()}"
        found.update(cases)
    return found


class Story:
    """Takes the steps of a story in a sandbox of its own.

    A step: `do` (verb and path), `body`, `raw`, `query`, `key`, `wait` (seconds before), `totp` (name -> saved
    secret: what an authenticator app shows then), `status` (200 unless said),
    `has` (a part of the answer: mappings hold at least these fields, lists exactly these items), `save` (name -> dotted
    place in the answer), `result` (text behind the answer's result_url contains this). ``{name}`` stands for what was
    saved; `volume_offer` is one on the machine of the example offer, `other_volume_offer` is not.
    """

    def __init__(self, kit: Kit | None = None) -> None:
        self.kit = kit or Kit()
        self.saved: Row = {f"long{size}": "x" * size for size in LENGTHS}
        listed = self.kit.world.listings("volume_offer")
        machine = self.kit.world.listing("offer", OFFER)["machine_id"]
        self.saved["volume_offer"] = next(each["id"] for each in listed if each["machine_id"] == machine)
        self.saved["other_volume_offer"] = next(each["id"] for each in listed if each["machine_id"] != machine)
        self.saved["template_hash"] = self.kit.world.listings("template")[0]["hash_id"]
        self.saved["ten_later"], self.saved["hour_later"] = START + 10, START + 3610
        self.saved["other_offer"] = next(each["id"] for each in offers(self.kit) if each["machine_id"] != machine)

    def send(self, step: Row) -> Answer:
        """Wait, fill in what was saved, and send one request."""
        self.kit.wait(step.get("wait", 0.0))
        for name, secret in step.get("totp", {}).items():
            self.saved[name] = totp.code(self.saved[secret], self.kit.world.now())
        verb, path = self.filled(step["do"]).split(" ", 1)
        raw = step["raw"].encode() if "raw" in step else None
        query, body = self.filled(step.get("query")), self.filled(step.get("body"))
        return self.kit.send(verb, path, body, query=query, key=self.filled(step.get("key", "")), raw=raw)

    def take(self, step: Row) -> Answer:
        """Send the request of a step and hold its answer against what the step says."""
        if "do" not in step:
            self.kit.wait(step["wait"])
            return Answer(0, None, {})
        answer = self.send(step)
        assert answer.status == step.get("status", 200), f"{step['do']}: {answer}"
        if "has" in step:
            assert_holds(answer.body, self.filled(step["has"]), step["do"])
        for name, place in step.get("save", {}).items():
            self.saved[name] = _at(answer.body, place)
        if "result" in step:
            assert step["result"] in self.kit.text(answer)
        return answer

    def filled(self, value: Any) -> Any:
        """A value with ``{name}`` replaced; a text that is nothing else becomes the saved value itself."""
        if isinstance(value, dict):
            return {str(self.filled(key)): self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str):
            return value
        alone = re.fullmatch(r"\{(\w+)\}", value)
        if alone and alone[1] in self.saved:
            return self.saved[alone[1]]
        return re.sub(r"\{(\w+)\}", lambda found: str(self.saved.get(found[1], found[0])), value)


def assert_holds(found: Any, wanted: Any, where: str) -> None:
    """The wanted fields are in what was found, and lists are as long as wanted."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), f"{where}: {found!r:.200} is no object"
        for key, value in wanted.items():
            assert key in found, f"{where}: no {key} in {found!r:.300}"
            assert_holds(found[key], value, f"{where}: {key}")
    elif isinstance(wanted, list):
        assert isinstance(found, list) and len(found) == len(wanted), f"{where}: {found!r:.300} is not {wanted!r:.200}"
        for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
            assert_holds(one, other, f"{where}[{number}]")
    elif isinstance(wanted, float):
        assert abs(found - wanted) < 1e-5, f"{where}: {found!r} is not {wanted!r}"
    else:
        assert found == wanted, f"{where}: {found!r} is not {wanted!r}"


def _at(value: Any, place: str) -> Any:
    for part in place.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
