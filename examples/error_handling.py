"""What comes back and what is raised when the service says no."""

from __future__ import annotations

from vastai import APIError, ConnectionFailed, NotFound, OutcomeUnknown, UsageError, VastAI


def main(server_url: str | None = "sandbox::memory:") -> None:
    with VastAI(server_url=server_url, quiet=True) as client:
        # Commands that acknowledge return a refusal as an object.
        answer = client.create_instance(id=1, image="pytorch/pytorch")
        print("returned:", answer["success"], answer["error"], answer["status_code"])

        # Commands that return rows, records or text raise.
        try:
            client.show_instance(1)
        except NotFound as error:
            print("raised:", type(error).__name__, error.status_code)

        # A wrong value is found before anything is sent.
        try:
            client.search_offers("num_gpus=many")
        except UsageError as error:
            print("raised:", error)

    # With raise_errors=True everything raises; this is the order to catch it in.
    with VastAI(server_url=server_url, raise_errors=True) as client:
        try:
            client.create_instance(id=1, image="pytorch/pytorch")
        except OutcomeUnknown as error:  # it was sent: look before you try again
            print("look with", error.look_at, "at", error.candidates)
        except APIError as error:
            print("refused:", error.code)
        except ConnectionFailed as error:
            print("not reached:", error)


if __name__ == "__main__":
    main()
