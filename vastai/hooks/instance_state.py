"""The state of an instance: is it what somebody waits for, may it still become so, or never?

The facts behind the rules: the vendor's pages on instances (`exited`, `unknown` and `offline` do not turn into
`running`), and records of other programs (an image that cannot be pulled leaves `loading` with the wish to run taken
back and the error in `status_msg`). The decision is explained in docs/decisions/waiting.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..signs import neutral

Instance = Mapping[str, Any]

# What a judgement can be.
READY = "ready"  # it is what was waited for
WAITING = "waiting"  # it is on its way
DOUBTFUL = "doubtful"  # it looks bad, and may recover in a moment
HOPELESS = "hopeless"  # it will not come right by itself

AIMS = ("running", "ssh", "stopped", "gone")  # what can be waited for
LONGEST = 240  # signs of the service's own words

_ERROR = re.compile(
    r"\b(errors?|failed|failure|cannot|denied|unauthorized|invalid|not found|no such|manifest unknown|no space left)\b",
    re.IGNORECASE,
)
_BID = re.compile(r"\b(outbid|bid)\b", re.IGNORECASE)


class Judgement(NamedTuple):
    """What becomes of waiting for an instance.

    Attributes:
        verdict: `READY`, `WAITING`, `DOUBTFUL` or `HOPELESS`.
        state: the state in words, with those of the service; of a hopeless one the reason.
        hint: what to do about a hopeless one.
    """

    verdict: str
    state: str
    hint: str = ""


def judge(instance: Instance | None, until: str) -> Judgement:
    """Is an instance what it is waited for, on its way, or will it never be?

    Arguments:
        instance: its row, or None when the service knows none of this id.
        until: one of `AIMS`; for ``ssh``, ready means that it runs and it is time to try.

    >>> judge({"actual_status": "loading", "intended_status": "running", "status_msg": "pulling image"}, "running")
    Judgement(verdict='waiting', state='loading: pulling image', hint='')
    >>> judge(None, "gone").verdict, judge(None, "running").verdict
    ('ready', 'hopeless')
    """
    if instance is None:
        gone = Judgement(HOPELESS, "it is not there", "It was destroyed, or is another account's; see show_instances.")
        return Judgement(READY, "gone") if until == "gone" else gone
    state = in_words(instance)
    if until == "gone":
        return Judgement(WAITING, state)
    if until == "stopped":
        return _until_stopped(instance, state)
    if until == "ssh" and not offers_ssh(instance):
        hint = "Wait until it is running instead; for SSH it has to be launched with ssh or jupyter."
        return Judgement(HOPELESS, "it was launched without SSH", hint)
    return _until_running(instance, state)


def in_words(instance: Instance) -> str:
    """The state of an instance on one line: the service's word for it, and what it says besides.

    >>> in_words({"actual_status": None, "status_msg": None})
    'being provisioned'
    >>> in_words({"actual_status": "exited", "status_msg": "Error:\\x1b[1m exit\\n code 1"})
    'exited: Error: [1m exit code 1'
    """
    state, said = instance.get("actual_status") or "being provisioned", instance.get("status_msg")
    text = " ".join(neutral(str(said or "")).split())
    if state == "running" and text.startswith("success"):  # as the service says in other words
        text = ""
    text = text if len(text) <= LONGEST else text[: LONGEST - 2] + ".."
    return f"{neutral(str(state))}: {text}" if text and text != state else neutral(str(state))


def offers_ssh(instance: Instance) -> bool:
    """Was it launched so that SSH can answer? Jupyter comes with it, and port 22 may lead to a server of the image's.

    >>> offers_ssh({"image_runtype": "jupyter_direc"}), offers_ssh({"image_runtype": "args"}), offers_ssh({})
    (True, False, True)
    """
    launched = str(instance.get("image_runtype") or "")
    opened = f"{instance.get('ports') or ''} {instance.get('extra_env') or ''}"
    return not launched or "ssh" in launched or "jupyter" in launched or bool(re.search(r"(:|')22(/tcp)?\b", opened))


def tells_of_an_error(instance: Instance) -> bool:
    """Do the words of the service speak of an error? The name of the image, which may stand among them, does not count.

    >>> tells_of_an_error({"status_msg": "Error: no space left"})
    True
    >>> tells_of_an_error({"status_msg": "pulling me/error-finder", "image_uuid": "me/error-finder"})
    False
    """
    said, image = str(instance.get("status_msg") or ""), str(instance.get("image_uuid") or "")
    return bool(_ERROR.search(said.replace(image, "") if image else said))


def is_over(instance: Instance | None) -> bool:
    """Has an instance come to an end: gone, stopped, or its boot has failed? Not one that is about to start or to stop.

    >>> is_over({"actual_status": "exited", "intended_status": "stopped"}), is_over({"actual_status": "loading"})
    (True, False)
    """
    runs = instance is not None and instance.get("actual_status") == "running"
    return not runs and judge(instance, "running").verdict == HOPELESS


def _until_stopped(instance: Instance, state: str) -> Judgement:
    actual = instance.get("actual_status")
    if actual in ("stopped", "exited") or instance.get("cur_state") == "stopped":
        return Judgement(READY, state)
    return Judgement(DOUBTFUL if actual in ("unknown", "offline") else WAITING, state)


def _until_running(instance: Instance, state: str) -> Judgement:
    actual, wanted = instance.get("actual_status"), instance.get("intended_status")
    id, failed = instance.get("id", "ID"), tells_of_an_error(instance)
    if wanted == "stopped" and actual in ("loading", "created"):
        hint = f"Its start has failed: destroy_instance({id}) ends its costs; try another image or machine."
        return Judgement(HOPELESS, state, hint)
    if wanted in ("stopped", "frozen"):
        hint = f"It is meant to be {wanted}: start_instance({id}) starts it."
        return Judgement(HOPELESS, f"{state} (on its way to a stop)" if actual == "running" else state, hint)
    if actual == "running":
        return Judgement(DOUBTFUL if instance.get("cur_state") == "unloaded" else READY, state)
    if actual in ("stopped", "exited"):
        return _not_started(instance, state, failed)
    return Judgement(DOUBTFUL if failed or actual in ("unknown", "offline", "frozen") else WAITING, state)


def _not_started(instance: Instance, state: str, failed: bool) -> Judgement:
    """One that should run and has ended: by itself, outbid, or its start is only queued."""
    id = instance.get("id", "ID")
    if _BID.search(str(instance.get("status_msg") or "")):
        return Judgement(HOPELESS, state, f"It is outbid: change_bid({id}, price=PRICE) raises its bid.")
    if instance.get("cur_state") == "stopped" and not failed:
        return Judgement(WAITING, state)
    return Judgement(HOPELESS, state, f"Its log may tell why; destroy_instance({id}) ends its costs.")
