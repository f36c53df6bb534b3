"""How a change is written: for a server's configuration, and for a driver in each language.

Takes every name from the catalogue; knows the forms of files and languages, no cause.
"""

from boltkb.advice.dialects.block import Block, Line
from boltkb.advice.dialects.drivers import SECONDS, driver_blocks, transaction_blocks
from boltkb.advice.dialects.server import docker_name, setting_blocks, takes_effect

__all__ = [
    "SECONDS",
    "Block",
    "Line",
    "docker_name",
    "driver_blocks",
    "setting_blocks",
    "takes_effect",
    "transaction_blocks",
]
