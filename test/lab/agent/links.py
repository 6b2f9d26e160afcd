"""Whether links are up, asked of the kernel itself: a program for each look would cost more than the wait."""

import socket
import struct

from state import are_settled

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


def when_up(loop, names, seconds, answer):
    """Answers whether all were up before so many seconds were over."""
    wire = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    wire.bind((0, 0))

    def look(left):
        is_done = all(is_up(wire, name) for name in names)
        if is_done or left <= 0:
            wire.close()
            answer(is_done)
        else:
            loop.after(0.01, lambda: look(left - 0.01))

    look(seconds)


def when_settled(loop, names, seconds, answer):
    """Answers whether these links had the addresses that the kernel gives them by itself, before so many seconds."""
    is_done = are_settled({socket.if_nametoindex(name) for name in names})
    if is_done or seconds <= 0:
        answer(is_done)
    else:
        loop.after(0.01, lambda: when_settled(loop, names, seconds - 0.01, answer))
