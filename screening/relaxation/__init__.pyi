from .checks import check_relaxation as check_relaxation
from .checks import decide_relaxation as decide_relaxation
from .relaxation import OutcomeCheck as OutcomeCheck
from .relaxation import Provenance as Provenance
from .relaxation import RelaxedStructure as RelaxedStructure
from .vibrations import Vibration as Vibration
from .vibrations import fastest_vibration as fastest_vibration
