"""Reads and removes what IPsec has in a namespace: its policies, states and default policies (linux/xfrm.h).

A policy without a state takes packets away, so one that stayed would fail later tests of the namespace.
"""

from netlink import Netlink

XFRM = 6  # linux/netlink.h
GET_STATE, GET_POLICY = 0x12, 0x15
FLUSH_STATES, FLUSH_POLICIES = 0x1C, 0x1D
SET_DEFAULT, GET_DEFAULT = 0x27, 0x28
ALL_PROTOCOLS = bytes([0])
# For packets in, forwarded and out: XFRM_USERPOLICY_ACCEPT. A new namespace has these.
ACCEPT = bytes([2, 2, 2])


def read_ipsec():
    """All policies and states, and the default policies where they differ from those of a new namespace."""
    try:
        with Netlink(XFRM) as xfrm:
            default = xfrm.get(GET_DEFAULT, bytes(3))
            # The kernel knows default policies since Linux 5.15.
            defaults = [] if default is None or default[:3] == ACCEPT else [default[:3]]
            return xfrm.dump(GET_POLICY, b'') + xfrm.dump(GET_STATE, b'') + defaults
    except OSError:
        return []  # a kernel without IPsec


def remove_ipsec():
    with Netlink(XFRM) as xfrm:
        xfrm.ask(FLUSH_POLICIES, 0, b'')
        xfrm.ask(FLUSH_STATES, 0, ALL_PROTOCOLS)
        xfrm.ask(SET_DEFAULT, 0, ACCEPT)
