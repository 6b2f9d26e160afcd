"""Records the packets that arrive, with or without a listener.

A packet that is missing here was dropped. A timeout elsewhere does not prove that.
"""

import socket
import struct

ETH_P_ALL = 3
FOR_US = 0  # PACKET_HOST, linux/if_packet.h
PROTOCOLS = {1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp', 132: 'sctp'}


class Sniffer:
    def __init__(self, loop):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.seen = []
        loop.watch(self.sock.fileno(), lambda _events: self.drain())

    def take(self, clear):
        # Packets that the kernel has delivered wait in the socket. They are read before the answer.
        self.drain()
        seen = self.seen
        if clear:
            self.seen = []
        return seen

    def drain(self):
        while True:
            try:
                data, where = self.sock.recvfrom(256)
            except BlockingIOError:
                return
            if where[2] == FOR_US and where[0] != 'lo':
                packet = describe(data, where[1])
                if packet is not None:
                    self.seen.append({**packet, 'interface': where[0]})


def describe(data, ethertype):
    if ethertype == 0x0800 and len(data) >= 20:
        header, family, number = (data[0] & 15) * 4, socket.AF_INET, data[9]
        source, destination = data[12:16], data[16:20]
    elif ethertype == 0x86DD and len(data) >= 40:
        header, family, number = 40, socket.AF_INET6, data[6]
        source, destination = data[8:24], data[24:40]
    else:
        return None
    protocol = PROTOCOLS.get(number)
    if protocol is None or len(data) < header + 8:
        return None
    if protocol == 'icmp':
        kind, code, _sum, identifier = struct.unpack_from('!BBHH', data, header)
        if number == 58 and 130 <= kind <= 143:
            return None  # multicast listener reports and neighbour discovery are no packets of a test
        ports = {'type': kind, 'code': code, 'sourcePort': identifier, 'port': 0}
    else:
        source_port, port = struct.unpack_from('!HH', data, header)
        ports = {'type': data[header + 13] if protocol == 'tcp' else 0, 'code': 0,
                 'sourcePort': source_port, 'port': port}
    return {
        'protocol': protocol,
        'source': socket.inet_ntop(family, source),
        'destination': socket.inet_ntop(family, destination),
        **ports,
    }
