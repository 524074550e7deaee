from .analysis import find_mechanism as find_mechanism
from .result import Mechanism as Mechanism
