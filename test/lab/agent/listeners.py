"""Services: every answer has the name of the service and the source that it saw, so a probe sees both ends of the flow."""

import json
import select
import socket
import struct

IP_PKTINFO = 8  # linux/in.h; the socket module does not name it
IPV6_RECVPKTINFO = 49
IPV6_PKTINFO = 50


def greeting(name, source, source_port, local, local_port):
    return json.dumps(
        {'by': name, 'source': source, 'sourcePort': source_port, 'at': local, 'port': local_port}
    ).encode() + b'\n'


class Listeners:
    def __init__(self, loop, sctp):
        self.loop = loop
        self.sctp = sctp
        self.open = {}
        self.heard = []

    def listen(self, command):
        protocol, port, name = command['protocol'], command['port'], command['answersAs']
        if protocol == 'sctp':
            self.sctp.listen(port, name)
            return
        for address in command['addresses']:
            family = socket.AF_INET6 if ':' in address else socket.AF_INET
            kind = socket.SOCK_STREAM if protocol == 'tcp' else socket.SOCK_DGRAM
            sock = socket.socket(family, kind)
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            if protocol == 'tcp':
                sock.listen(256)
                # A probe may use the service's port as its source port. The option is set after bind, so that two
                # services still cannot share one port.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                padding = b'.' * command.get('payloadBytes', 0)
                self.loop.watch(sock.fileno(), lambda _e, s=sock, p=padding: self.accept(s, name, p))
            else:
                self.ask_for_destinations(sock, family)
                self.loop.watch(sock.fileno(), lambda _e, s=sock, f=family: self.reply(s, f, name, port))
            self.open.setdefault((protocol, port), []).append(sock)

    def take(self, clear):
        heard = self.heard
        if clear:
            self.heard = []
        return heard

    def close(self, protocol, port):
        for sock in self.open.pop((protocol, port), []):
            self.loop.forget(sock.fileno())
            sock.close()
        if protocol == 'sctp':
            self.sctp.unlisten(port)

    def close_all(self):
        for protocol, port in list(self.open):
            self.close(protocol, port)
        self.sctp.unlisten_all()
        self.heard = []

    def accept(self, listener, name, padding):
        while True:
            try:
                sock, peer = listener.accept()
            except OSError:
                return
            local = sock.getsockname()
            # A large payload waits for the TCP window (and for path MTU discovery), so it is sent as the socket
            # allows.
            Conversation(self.loop, sock, greeting(name, peer[0], peer[1], local[0], local[1]) + padding)

    def ask_for_destinations(self, sock, family):
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)

    def reply(self, sock, family, name, port):
        """Answers from the address that was asked. A host has several addresses, and the kernel would choose one by
        itself."""
        while True:
            try:
                data, ancillary, _flags, peer = sock.recvmsg(2048, 256)
            except OSError:
                return
            # Rules may lead an answer to another service. Without this check two services would answer each other for
            # ever.
            if data.startswith(b'{'):
                continue
            for level, kind, value in ancillary:
                if family == socket.AF_INET and (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
                    local = socket.inet_ntop(family, value[8:12])
                    info = [(level, IP_PKTINFO, struct.pack('I', 0) + value[8:12] + bytes(4))]
                elif family == socket.AF_INET6 and (level, kind) == (socket.IPPROTO_IPV6, IPV6_PKTINFO):
                    # A reply to ::1 that is bound to the interface it came in by finds no route. For a packet
                    # translated on `lo`, the kernel reports the interface of the new address (net/ipv6/ip6_input.c,
                    # `ip6_rcv_core`).
                    link = value[16:20] if peer[0].startswith('fe80:') else bytes(4)
                    local, info = socket.inet_ntop(family, value[:16]), [(level, kind, value[:16] + link)]
                else:
                    continue
                # A packet with a forged source never gets its answer. This list shows that the packet arrived.
                self.heard.append({'port': port, 'source': peer[0], 'sourcePort': peer[1], 'at': local})
                try:
                    sock.sendmsg([greeting(name, peer[0], peer[1], local, port)], info, 0, peer)
                except OSError:
                    pass  # the client is gone or unreachable: its probe reports that


class Conversation:
    """Sends the greeting first, as a mail server does, and then answers a byte: so both directions are used."""

    def __init__(self, loop, sock, data):
        self.loop, self.sock, self.data = loop, sock, memoryview(data)
        self.greeted = False
        sock.setblocking(False)
        loop.watch(sock.fileno(), self.go_on, select.EPOLLOUT)

    def go_on(self, _events):
        try:
            if len(self.data) > 0:
                self.data = self.data[self.sock.send(self.data):]
                if len(self.data) > 0:
                    return
                if not self.greeted:
                    self.greeted = True
                    self.loop.rewatch(self.sock.fileno(), select.EPOLLIN)
                    return
            elif self.sock.recv(1 << 16):
                self.data = memoryview(b'!')
                self.loop.rewatch(self.sock.fileno(), select.EPOLLOUT)
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.loop.forget(self.sock.fileno())
        self.sock.close()
