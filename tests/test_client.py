"""The class and its methods look hand-made: names, signatures, documentation, and the errors of a wrong call."""

from __future__ import annotations

import inspect
import json
import pickle
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest
from replay import ReplayServer

import vastai
from vastai import VastAI
from vastai.client import RESERVED, table
from vastai.engine.drive import Driver
from vastai.engine.edge import Edge
from vastai.settings import Settings

COMMANDS = sorted(table().names())


def test_the_constructor_is_as_promised() -> None:
    parameters = list(inspect.signature(VastAI).parameters.values())
    promised = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [(p.name, p.default) for p in promised] == [
        ("api_key", None),
        ("server_url", None),
        ("retry", 3),
        ("raw", True),
        ("explain", False),
        ("quiet", False),
        ("curl", False),
    ]
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters[len(promised) :])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_method_looks_hand_made(name: str) -> None:
    method = getattr(VastAI, name)
    command = table().command(name)
    assert inspect.isfunction(method)
    assert method.__name__ == name
    assert method.__qualname__ == f"VastAI.{name}"
    assert list(method.__signature__.parameters) == ["self", *command.params]
    assert method.__doc__.startswith(command.summary)
    assert name in dir(VastAI)
    for parameter in command.params.values():
        if not parameter.hidden:
            assert f"    {parameter.name}: " in method.__doc__


def test_help_reads_like_hand_written() -> None:
    import pydoc

    text = pydoc.plain(pydoc.render_doc(VastAI.create_instance))
    assert "create_instance(" in text
    assert "Args:" in text
    assert "args, **kwargs" not in text


def test_a_key_that_is_kept_is_used_from_then_on(own_home: Path) -> None:
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": {"id": 1}}]}]) as server:
        with VastAI("old", server.url) as client:
            assert client.set_api_key(" new ")["success"]
            client.show_user()
            assert client.api_key == VastAI().api_key == "new"
        assert server.requests[0]["headers"]["Authorization"] == "Bearer new"
    assert stat.S_IMODE((own_home / ".config/vastai/vast_api_key").stat().st_mode) == 0o600


WRONG_CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("start_instance", (), {}, "missing 1 required argument: 'id'"),
    ("show_instance", (1, 2, 3), {}, "takes at most 1 positional argument"),
    ("start_instance", (1,), {"id": 2}, "multiple values for argument 'id'"),
    ("create_instance", (1,), {"imgae": "x"}, "unexpected keyword argument 'imgae'. Did you mean \"image\"?"),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "message"), WRONG_CALLS)
def test_a_wrong_call_is_an_ordinary_type_error(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        getattr(VastAI(server_url="sandbox::memory:"), name)(*args, **kwargs)
    assert message in str(caught.value)


def test_an_unknown_method_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match='Did you mean "create_instance"'):
        VastAI().create_instnace  # noqa: B018


def test_autospec_knows_the_methods() -> None:
    double = create_autospec(VastAI)
    client = double(api_key="k")
    client.start_instance(7)
    with pytest.raises(TypeError):
        client.start_instance()


def test_class_and_object_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(VastAI)) is VastAI
    client = pickle.loads(pickle.dumps(VastAI(api_key="k", server_url="sandbox::memory:")))
    assert client.show_instances() == []
    client.close()


def test_errors_can_be_pickled_and_are_http_errors() -> None:
    import requests

    with VastAI(server_url="sandbox::memory:") as client:
        with pytest.raises(requests.HTTPError) as caught:
            client.show_instance(999)
        error = caught.value
        assert isinstance(error, vastai.NotFound)
        copy = pickle.loads(pickle.dumps(error))
        assert isinstance(copy, vastai.NotFound)
        assert isinstance(copy, requests.HTTPError)
        assert str(copy) == str(error)


def test_threads_that_start_at_once_share_one_pool_of_connections() -> None:
    met = threading.Barrier(2)

    class Slow(Settings):
        @property
        def server_url(self) -> str:  # type: ignore[override]
            with suppress(threading.BrokenBarrierError):  # nobody else comes here meanwhile
                met.wait(0.1)
            return "http://127.0.0.1:9"

        @server_url.setter
        def server_url(self, url: str) -> None:
            pass

    driver = Driver(table(), Slow(), Edge())
    opened: list[Any] = []
    threads = [threading.Thread(target=lambda: opened.append(driver._open_sender())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driver.close()
    assert opened[0] is opened[1]


def test_the_key_is_in_no_text() -> None:
    client = VastAI(api_key="sesame-open", server_url="sandbox::memory:")
    assert "sesame" not in repr(client) + str(client) + repr(client.settings)


def test_older_programs_find_the_key_and_the_last_result() -> None:
    import vastai_sdk

    with vastai_sdk.VastAI(api_key="k", server_url="sandbox::memory:") as client:
        assert (client.api_key, client.client.api_key, client.api_key_access) == ("k", "k", "k")
        assert client.last_output is None
        shown = client.show_user()
        assert client.last_output == shown


def test_no_command_takes_the_name_of_an_attribute() -> None:
    assert not RESERVED & set(table().names())


def test_raw_false_prints_and_returns_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with VastAI(server_url="sandbox::memory:", raw=False) as client:
        assert client.search_offers(limit=2) is None
    assert len(capsys.readouterr().out.splitlines()) >= 3


def test_curl_prints_one_command_and_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    client = VastAI(api_key="sesame-open", server_url="http://127.0.0.1:9", curl=True)
    assert client.create_instance(12345, "pytorch/pytorch") is None
    shown = capsys.readouterr().out
    assert shown.startswith("curl -X PUT http://127.0.0.1:9/api/v0/asks/12345/")
    assert '"Authorization: Bearer $VAST_API_KEY"' in shown
    assert "sesame" not in shown


def test_explain_prints_verb_and_url_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with VastAI(server_url="sandbox::memory:", explain=True) as client:
        assert len(client.search_offers(limit=1)) == 1
    assert capsys.readouterr().out.startswith("GET http://sandbox/api/v0/bundles/?")


def test_the_promised_explain_line_names_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    VastAI(api_key="key", curl=True).search_offers(limit=1)
    assert "https://console.vast.ai/api/v0/bundles/?" in capsys.readouterr().out


def test_results_are_json() -> None:
    with VastAI(server_url="sandbox::memory:") as client:
        json.dumps(client.show_user())


def test_curl_of_the_sandbox_says_that_it_cannot_be_run(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    VastAI(server_url="sandbox::memory:", curl=True).show_user()
    assert capsys.readouterr().out.startswith("curl -X GET http://sandbox/")
    assert "Nothing answers at http://sandbox" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "environ", "says"),
    [
        ({"api_key": b"sesame-open"}, {}, "api_key: expected a text, got bytes"),
        ({"server_url": 5}, {}, "server_url: expected a text, got int"),
        ({"server_url": "sandbx"}, {}, "'sandbx' is not the address of a server, .*or sandbox"),
        ({"retry": -1}, {}, "retry: -1 is not a number of repeats"),
        ({"timeout": 0}, {}, "timeout: 0 is not a number of seconds above 0"),
        ({"strict": "yes"}, {}, "strict: 'yes' is not one of"),
        ({}, {"VASTAI_TIMEOUT": "soon"}, "VASTAI_TIMEOUT: 'soon' is not a number of seconds"),
        ({}, {"VASTAI_STRICT": "yes"}, "VASTAI_STRICT: 'yes' is not one of"),
    ],
)
def test_a_wrong_setting_is_named_and_a_key_is_not_repeated(
    arguments: dict[str, Any], environ: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(vastai.UsageError, match=says) as caught:
        VastAI(**arguments).show_user()
    assert "sesame" not in str(caught.value)
