"""What a campaign that chooses expected, and what it left out: the part of its record about the choice."""

from screening.choice.expectation import Expectation
from screening.choice.outlook import Outlook
from screening.value import Value


class ChoiceRecord(Value):
    """The choice of a campaign at one moment.

    Attributes
    ----------
    method
        Strategy, as in the campaign file.
    over
        Why nothing more is begun; empty while something will be, or everything is done.
    expected
        What was predicted of each composition before anything was computed; empty without a prior.
    not_begun
        Compositions of which nothing was computed, the one worth most first.
    unfinished
        Compositions that were begun and are still open.
    """

    method: str
    over: str = ""
    expected: tuple[Expectation, ...] = ()
    not_begun: tuple[Outlook, ...] = ()
    unfinished: tuple[Outlook, ...] = ()

    @property
    def conductors_left(self) -> float:
        """Number of conductors to be expected among what was not begun or not finished."""
        return sum(outlook.probability for outlook in (*self.not_begun, *self.unfinished))
