"""A result of any shape, for tests of what holds results."""

from pydantic import ConfigDict

from screening.value import Value


class Document(Value):
    model_config = ConfigDict(extra="allow")
