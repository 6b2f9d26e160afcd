"""Just enough SCTP on raw sockets: INIT and INIT ACK (RFC 9260, section 3.3), because kernels often lack it.

Connection tracking and NAT know SCTP without sockets for it; they look at the chunk types and the CRC32c.
"""

import socket
import struct

from listeners import IP_PKTINFO, IPV6_PKTINFO, IPV6_RECVPKTINFO, greeting

INIT, INIT_ACK, ABORT = 1, 2, 6
COOKIE = 7  # the State Cookie parameter: only its sender reads it, so it carries our greeting
SCTP = 132


class Sctp:
    def __init__(self, loop):
        self.loop = loop
        self.raw = {}
        self.services = {}
        self.asking = {}

    def listen(self, port, name):
        self.services[port] = name
        self.socket(socket.AF_INET)
        self.socket(socket.AF_INET6)

    def unlisten(self, port):
        self.services.pop(port, None)

    def unlisten_all(self):
        self.services.clear()

    def ask(self, probe, command):
        family = socket.AF_INET6 if ':' in command['destination'] else socket.AF_INET
        self.socket(family)
        self.asking[command['sourcePort']] = probe
        chunk = struct.pack('!BBHIIHHI', INIT, 0, 20, command['sourcePort'], 65536, 1, 1, 1)
        packet = segment(command['sourcePort'], command['port'], 0, chunk)
        self.send(family, command.get('source'), command['destination'], packet)

    def socket(self, family):
        if family in self.raw:
            return
        sock = self.raw[family] = socket.socket(family, socket.SOCK_RAW, SCTP)
        sock.setblocking(False)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        self.loop.watch(sock.fileno(), lambda _events: self.receive(family, sock))

    def send(self, family, source, destination, packet):
        with socket.socket(family, socket.SOCK_RAW, SCTP) as sock:
            if source:
                sock.bind((source, 0))
            sock.sendto(packet, (destination, 0))

    def receive(self, family, sock):
        while True:
            try:
                data, ancillary, _flags, peer = sock.recvmsg(4096, 256)
            except OSError:
                return
            offset = (data[0] & 15) * 4 if family == socket.AF_INET else 0
            if len(data) >= offset + 16:
                self.handle(family, peer[0], local_address(family, ancillary), data[offset:])

    def handle(self, family, peer, local, data):
        source_port, port, _tag, _sum, kind = struct.unpack_from('!HHIIB', data)
        if kind == INIT and port in self.services:
            tag = struct.unpack_from('!I', data, 16)[0]
            cookie = greeting(self.services[port], peer, source_port, local, port)
            cookie += b' ' * (-len(cookie) % 4)
            body = struct.pack('!IIHHI', 1, 65536, 1, 1, 1) + struct.pack('!HH', COOKIE, 4 + len(cookie)) + cookie
            chunk = struct.pack('!BBH', INIT_ACK, 0, 4 + len(body)) + body
            try:
                self.send(family, local, peer, segment(port, source_port, tag, chunk))
            except OSError:
                pass
        elif kind == INIT_ACK and port in self.asking:
            self.asking.pop(port).succeed(data[36:], len(data))
        elif kind == ABORT and port in self.asking:
            self.asking.pop(port).fail('refused')


def local_address(family, ancillary):
    for level, kind, value in ancillary:
        if level == socket.IPPROTO_IP and kind == IP_PKTINFO:
            return socket.inet_ntop(family, value[8:12])
        if level == socket.IPPROTO_IPV6 and kind == IPV6_PKTINFO:
            return socket.inet_ntop(family, value[:16])
    return None


def segment(source_port, port, tag, chunk):
    header = struct.pack('!HHI', source_port, port, tag)
    # The CRC goes on the wire least significant byte first (RFC 9260, appendix A).
    return header + struct.pack('<I', crc32c(header + bytes(4) + chunk)) + chunk


def table():
    entries = []
    for value in range(256):
        for _bit in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        entries.append(value)
    return entries


TABLE = table()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF
