from .ranking import rank as rank
from .result import Histogram as Histogram
from .result import LowEnergyArrangement as LowEnergyArrangement
from .result import ScreenResult as ScreenResult
from .result import SearchOutcome as SearchOutcome
