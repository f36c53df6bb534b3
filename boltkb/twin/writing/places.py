"""Where connections come from: an address for each process, a port for each connection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boltkb.twin.kernel import codes
from boltkb.twin.writing.lines import Floats

__all__ = ["Places"]

Integers = npt.NDArray[np.int64]
_FIRST_PORT, _PORTS = 32768, 28232


class Places:
    """Addresses of one member's connections.

    A client's processes have an address each; their ports follow one another, as a machine
    gives them out.

    Examples
    --------
    >>> places = Places()
    >>> places.peers(np.array([3]), np.array([0]))
    ['10.1.0.1:32771']
    """

    def __init__(self) -> None:
        self._driver = np.full(1024, -1, np.int32)

    def learn(self, records: Floats) -> None:
        """Note which process opened which connection."""
        rows = records[(records[:, 0] == codes.REC_CONNECTION) & (records[:, 2] == 1.0)]
        if not len(rows):
            return
        serials = rows[:, 4].astype(np.int64)
        most = int(serials.max())
        if most >= self._driver.size:
            grown = np.full(max(2 * self._driver.size, most + 1), -1, np.int32)
            grown[: self._driver.size] = self._driver
            self._driver = grown
        self._driver[serials] = rows[:, 7].astype(np.int32)

    def drivers(self, serials: Integers) -> Integers:
        """Return which process opened each connection; 0 where it is not known."""
        known = serials < self._driver.size
        found = np.zeros(serials.size, np.int64)
        found[known] = self._driver[serials[known]]
        return np.maximum(found, 0)

    def hosts(self, serials: Integers, clients: Integers) -> list[str]:
        """Return the address of each connection's process."""
        drivers = self.drivers(serials)
        return [
            f"10.{1 + client % 200}.{driver // 250}.{1 + driver % 250}"
            for client, driver in zip(clients.tolist(), drivers.tolist(), strict=True)
        ]

    @staticmethod
    def ports(serials: Integers) -> Integers:
        """Return the port of each connection at its client."""
        return _FIRST_PORT + serials % _PORTS

    def peers(self, serials: Integers, clients: Integers) -> list[str]:
        """Return address and port of each connection at its client."""
        hosts = self.hosts(serials, clients)
        ports = self.ports(serials).tolist()
        return [f"{host}:{port}" for host, port in zip(hosts, ports, strict=True)]
