from .atomic import write_atomic as write_atomic
from .checked_json import read_checked as read_checked
from .checked_json import write_checked as write_checked
from .checksum import file_sha256 as file_sha256
from .document import read_yaml as read_yaml
from .document import user_error as user_error
from .npz import DamagedArchiveError as DamagedArchiveError
from .npz import read_npz as read_npz
