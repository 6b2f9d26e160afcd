"""Just enough netlink: requests, dumps and attributes (linux/netlink.h)."""

import os
import socket
import struct

NETFILTER = 12  # linux/netlink.h; the socket module does not name it
REQUEST, ACK, EXCLUSIVE, CREATE, DUMP = 0x1, 0x4, 0x200, 0x400, 0x300
DUMP_INTERRUPTED = 0x10
ERROR, DONE = 2, 3
HEADER = struct.Struct('IHHII')
ATTRIBUTE = struct.Struct('HH')


class Netlink:
    def __init__(self, protocol):
        self.wire = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.wire.bind((0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def dump(self, kind, body):
        """All items of a kind: the bytes after each message's header. Repeats a dump that a change has interrupted."""
        while True:
            self.wire.send(HEADER.pack(16 + len(body), kind, REQUEST | DUMP, 0, 0) + body)
            items, is_whole = self.answers()
            if is_whole:
                return items

    def answers(self):
        items, is_whole = [], True
        while True:
            data, at = self.wire.recv(1 << 16), 0
            while at + 16 <= len(data):
                length, kind, flags, _, _ = HEADER.unpack_from(data, at)
                payload = data[at + 16:at + length]
                at += length + 3 & ~3
                is_whole = is_whole and not flags & DUMP_INTERRUPTED
                if kind == ERROR:
                    code = -struct.unpack_from('i', payload)[0]
                    raise OSError(code, os.strerror(code))
                if kind == DONE:
                    return items, is_whole
                items.append(payload)

    def get(self, kind, body):
        """The bytes after the header of the one answer, None where there is no such object."""
        self.wire.send(HEADER.pack(16 + len(body), kind, REQUEST, 0, 0) + body)
        answer = self.wire.recv(1 << 16)
        length, found, _, _, _ = HEADER.unpack_from(answer)
        return None if found == ERROR else answer[16:length]

    def ask(self, kind, flags, body):
        """The error number of one request; 0: it was done."""
        return self.ask_at_once(HEADER.pack(16 + len(body), kind, REQUEST | ACK | flags, 0, 0) + body)

    def ask_at_once(self, messages):
        """The error number of several messages, of which one asks for an answer; 0: they were done."""
        self.wire.send(messages)
        _, kind, _, _, _ = HEADER.unpack_from(answer := self.wire.recv(1 << 16))
        return -struct.unpack_from('i', answer, 16)[0] if kind == ERROR else 0


def attributes(data, at):
    """The kind and the value of each attribute from offset `at` to the end."""
    while at + 4 <= len(data):
        size, kind = ATTRIBUTE.unpack_from(data, at)
        yield kind, data[at + 4:at + size]
        at += size + 3 & ~3


def packed(kind, value):
    return ATTRIBUTE.pack(4 + len(value), kind) + value + b'\0' * (-len(value) % 4)
