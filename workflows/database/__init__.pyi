from .dump import Dump as Dump
from .dump import back_up as back_up
from .dump import restore as restore
from .launchpad_file import read_launchpad_file as read_launchpad_file
from .launchpad_file import write_launchpad_file as write_launchpad_file
from .server import PrivateServer as PrivateServer
from .server import ServerStatus as ServerStatus
