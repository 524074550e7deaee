from .read import read_trajectory as read_trajectory
from .segment_file import FrameList as FrameList
from .segment_file import segment_path as segment_path
from .segments import read_segments as read_segments
from .trajectory import Trajectory as Trajectory
from .trajectory import unwrap as unwrap
