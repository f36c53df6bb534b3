"""The lab's tools for the samples that need a server."""

from tests.lab.conftest import real_server_tools

__all__ = ["real_server_tools"]
