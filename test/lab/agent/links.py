"""Waits for links that are up and addresses that are in use.

It asks the kernel by netlink, because a program for each look would cost more than the wait.
"""

import socket
import struct

from netlink import Netlink
from state import are_quiet, are_received, are_settled, own_addresses

RTM_GETLINK, RTM_NEWLINK, NLM_F_REQUEST = 18, 16, 1
IFLA_IFNAME, IFLA_OPERSTATE = 3, 16
IF_OPER_UP = 6  # linux/if.h


def is_up(wire, name):
    attribute = name.encode() + b'\0'
    body = struct.pack('BxHiII', socket.AF_UNSPEC, 0, 0, 0, 0) + struct.pack('HH', 4 + len(attribute), IFLA_IFNAME)
    body += attribute + b'\0' * (-len(attribute) % 4)
    wire.send(struct.pack('IHHII', 16 + len(body), RTM_GETLINK, NLM_F_REQUEST, 0, 0) + body)
    answer = wire.recv(1 << 16)
    length, kind = struct.unpack_from('IH', answer)
    if kind != RTM_NEWLINK:
        return False  # NLMSG_ERROR: there is no such link
    at = 32
    while at + 4 <= length:
        size, attribute_kind = struct.unpack_from('HH', answer, at)
        if attribute_kind == IFLA_OPERSTATE:
            return answer[at + 4] == IF_OPER_UP
        at += size + 3 & ~3
    return False


def have_their_addresses(names):
    try:
        indexes = {socket.if_nametoindex(name) for name in names}
    except OSError:
        return False  # the link was deleted meanwhile
    with Netlink(socket.NETLINK_ROUTE) as route:
        return are_received(route, {address for index, address in own_addresses(route) if index in indexes})


def when_received(loop, before, seconds, answer):
    """Answers whether the IPv6 addresses that are new since `before` came into use in so many seconds.

    The kernel joins the group of an address and adds its local route in a workqueue. By then the request has returned
    and the address is listed (net/ipv6/addrconf.c, `addrconf_dad_work`; without duplicate address detection too).
    Until then the namespace takes packets to its new address for packets to another machine, and drops them.
    """
    with Netlink(socket.NETLINK_ROUTE) as route:
        new = {address for _, address in own_addresses(route) - before}
        is_done = not new or are_received(route, new)
    if is_done or seconds <= 0:
        answer(is_done)
    else:
        loop.after(0.002, lambda: when_received(loop, before, seconds - 0.002, answer))


def when_up(loop, names, seconds, answer):
    """Answers whether all links came up, with their addresses in use, in so many seconds."""
    wire = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    wire.bind((0, 0))

    def look(left):
        is_done = all(is_up(wire, name) for name in names) and have_their_addresses(names)
        if is_done or left <= 0:
            wire.close()
            answer(is_done)
        else:
            loop.after(0.01, lambda: look(left - 0.01))

    look(seconds)


def when_settled(loop, names, seconds, answer):
    """Answers whether these links got the addresses that the kernel gives by itself, in so many seconds."""
    is_done = are_settled({socket.if_nametoindex(name) for name in names})
    if is_done or seconds <= 0:
        answer(is_done)
    else:
        loop.after(0.01, lambda: when_settled(loop, names, seconds - 0.01, answer))


def when_quiet(loop, seconds, answer):
    """Answers whether all links reached their final state and addresses in so many seconds."""
    is_done = are_quiet()
    if is_done or seconds <= 0:
        answer(is_done)
    else:
        loop.after(0.01, lambda: when_quiet(loop, seconds - 0.01, answer))
