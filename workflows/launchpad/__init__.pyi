from .connection import connect as connect
from .connection import connect_private as connect_private
from .connection import open_launchpad as open_launchpad
from .connection import prepare as prepare
from .connection import private_server as private_server
from .launchpad import CampaignLaunchPad as CampaignLaunchPad
