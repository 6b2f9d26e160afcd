"""Reads and removes queueing disciplines (linux/pkt_sched.h), such as those that tc adds to lose or delay packets.

Classes and filters belong to a queueing discipline and go with it. So they are not read: the links of a first state
have only disciplines of the kernel's own, which take neither.
"""

import socket
import struct

from netlink import attributes, packed

DELETE_QDISC, GET_QDISC = 37, 38  # linux/rtnetlink.h
# linux/rtnetlink.h: the name, the options, the size table, and the numbers of shared blocks. All else are counters.
STEADY = {1, 2, 8, 13, 14}
AT_ROOT, AT_INGRESS = 0xFFFFFFFF, 0xFFFFFFF1
MESSAGE = struct.Struct('BxHiIII')


def read_qdiscs(route):
    """The disciplines of all links, without their counters."""
    found = []
    for item in route.dump(GET_QDISC, MESSAGE.pack(socket.AF_UNSPEC, 0, 0, 0, 0, 0)):
        _family, _, index, handle, parent, _references = MESSAGE.unpack_from(item)
        rest = b''.join(packed(kind, value) for kind, value in attributes(item, 20) if kind in STEADY)
        found.append((index, parent, handle, rest))
    return sorted(found)


def restore_qdiscs(route, first, now):
    """Removes the disciplines that are new since `first`. The kernel then gives the link its own one again."""
    for index, parent, handle, rest in now:
        if (index, parent, handle, rest) not in first and parent in (AT_ROOT, AT_INGRESS):
            route.ask(DELETE_QDISC, 0, MESSAGE.pack(socket.AF_UNSPEC, 0, index, handle, parent, 0))
