"""One request, and the ways to answer it that are no result."""

from __future__ import annotations

from contextlib import contextmanager


class Refused(Exception):
    """A verdict on bytes: it ran and said no."""


class Unsupported(Exception):
    pass


class Request:
    def __init__(self, fields: dict) -> None:
        self.id = fields["id"]
        self.operation = fields["operation"]
        self._bytes = fields.get("bytes", {})
        self.numbers = {name: int(text) for name, text in fields.get("numbers", {}).items()}
        self.texts = fields.get("texts", {})
        self.flags = fields.get("flags", {})
        self.lists = fields.get("lists", {})

    def bytes(self, name: str) -> bytes:
        return bytes.fromhex(self._bytes[name])


@contextmanager
def refusing():
    """Turns whatever the library raises about the bytes into a verdict."""
    try:
        yield
    except Unsupported:
        raise
    except Exception as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
