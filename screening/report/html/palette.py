"""Colours that colour-blind readers tell apart, each with a sign so that colour never stands alone.

Okabe and Ito's palette (M. Okabe, K. Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/).
"""

from screening.decision import Verdict

BLACK = "currentColor"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#767676"

SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY)
"""Colours of series, in the order in which they are given out."""

SHAPES = ("circle", "square", "triangle", "diamond", "cross", "ring", "plus", "down")
"""Marker of the series with the same index."""

VERDICT_COLOUR = {Verdict.PASS: GREEN, Verdict.FAIL: VERMILLION, Verdict.UNDECIDED: ORANGE}
VERDICT_SIGN = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.UNDECIDED: "?"}
VERDICT_SHAPE = {Verdict.PASS: "circle", Verdict.FAIL: "cross", Verdict.UNDECIDED: "diamond"}
