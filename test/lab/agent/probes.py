"""Probes: one flow each, whose own source port shows which arrivals elsewhere belong to it."""

import errno
import json
import select
import socket
import struct
import time

REFUSED = {errno.ECONNREFUSED, errno.ECONNRESET}
UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPROTO, errno.ENOPROTOOPT}


class Probe:
    """One probe. It calls `answer` once: delivered, or how it failed."""

    def __init__(self, loop, command, answer):
        self.loop, self.command, self.answer = loop, command, answer
        self.sock = None
        self.started = time.monotonic()
        self.received = b''
        self.greeted = 0
        self.connected = False
        loop.after(command['timeoutMs'] / 1000, lambda: self.fail('timeout'))

    def finish(self, value):
        if self.answer is None:
            return
        answer, self.answer = self.answer, None
        if self.sock is not None:
            self.loop.forget(self.sock.fileno())
            if self.sock.type == socket.SOCK_STREAM:
                # SO_LINGER with 0 s closes by a reset. A connection that was cut off would otherwise keep its ports
                # for a minute.
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self.sock.close()
        answer({**value, 'elapsedMs': (time.monotonic() - self.started) * 1000})

    def fail(self, how):
        self.finish({'delivered': False, 'how': how, 'connected': self.connected})

    def fail_with(self, error):
        if error.errno in REFUSED:
            self.fail('refused')
        elif error.errno in UNREACHABLE:
            self.fail('unreachable')
        else:
            self.fail(errno.errorcode.get(error.errno, str(error)))

    def succeed(self, greeting, size):
        self.finish({'delivered': True, **json.loads(greeting), 'bytes': size})


class Probes:
    def __init__(self, loop, sctp):
        self.loop = loop
        # All SCTP flows of the namespace share one raw socket, because every raw socket receives all of them.
        self.sctp = sctp.ask
        self.open = {}

    def give_up(self, key):
        """Ends a probe as unanswered, unless its answer has arrived by now."""
        probe = self.open.get(key)
        if probe is not None:
            self.loop.after(0, lambda: probe.fail('timeout'))

    def start(self, command, answer):
        key = command.get('key')

        def end(value):
            self.open.pop(key, None)
            answer(value)

        probe = Probe(self.loop, command, end)
        if key is not None:
            self.open[key] = probe
        try:
            getattr(self, command['protocol'])(probe, command)
        except socket.gaierror:
            raise  # not an address: the test is wrong, not the network
        except OSError as error:
            probe.fail_with(error)

    def socket(self, probe, command, kind, protocol=0):
        family = socket.AF_INET6 if ':' in command['destination'] else socket.AF_INET
        sock = probe.sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        source = command.get('source') or ('::' if family == socket.AF_INET6 else '0.0.0.0')
        sock.bind(address(source, command['sourcePort'], command) if protocol == 0 else address(source, 0, command))
        return sock

    def tcp(self, probe, command):
        sock = self.socket(probe, command, socket.SOCK_STREAM)
        wanted = command.get('expectBytes', 0)

        def ready(_events):
            try:
                if not probe.connected:
                    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if error:
                        # ECONNRESET instead of ECONNREFUSED: the connection was established, and reset before this
                        # loop looked (net/ipv4/tcp_input.c, `tcp_reset`).
                        probe.connected = error == errno.ECONNRESET
                        raise OSError(error, '')
                    probe.connected = True
                    self.loop.rewatch(sock.fileno(), select.EPOLLIN)
                    return
                chunk = sock.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError as error:
                probe.fail_with(error)
                return
            if not chunk:
                probe.fail('closed')
                return
            probe.received += chunk
            greeting, end, _rest = probe.received.partition(b'\n')
            if not end or len(probe.received) < max(wanted, probe.greeted + 1):
                return
            if probe.greeted:
                probe.succeed(greeting, probe.greeted)
                return
            # The greeting proves one direction after the handshake. This byte and its answer prove both.
            probe.greeted = len(probe.received)
            try:
                sock.send(b'?')
            except OSError as error:
                probe.fail_with(error)

        self.loop.watch(sock.fileno(), ready, select.EPOLLOUT)
        code = sock.connect_ex(address(command['destination'], command['port'], command))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, '')

    def udp(self, probe, command):
        sock = self.socket(probe, command, socket.SOCK_DGRAM)
        sock.connect(address(command['destination'], command['port'], command))

        def ready(_events):
            try:
                data = sock.recv(1 << 16)
                if probe.connected:
                    probe.succeed(data, len(data))
                    return
                # After the first answer the flow is established, and rules may treat it differently. So a second
                # datagram follows.
                probe.connected = True
                sock.send(b'?')
            except BlockingIOError:
                return
            except OSError as error:
                probe.fail_with(error)

        self.loop.watch(sock.fileno(), ready)
        sock.send(b'?')

    def icmp(self, probe, command):
        """One echo request; `sourcePort` is its identifier."""
        six = ':' in command['destination']
        sock = self.socket(
            probe, command, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
        )
        request, reply = (128, 129) if six else (8, 0)
        packet = struct.pack('!BBHHH', request, 0, 0, command['sourcePort'], 1)
        if not six:
            packet = struct.pack('!BBHHH', request, 0, checksum(packet), command['sourcePort'], 1)

        def ready(_events):
            while True:
                try:
                    data, peer = sock.recvfrom(2048)
                except OSError:
                    return
                offset = 0 if six else (data[0] & 15) * 4
                kind, _code, _sum, identifier, _seq = struct.unpack_from('!BBHHH', data, offset)
                if kind == reply and identifier == command['sourcePort']:
                    probe.finish({'delivered': True, 'by': peer[0], 'source': '', 'sourcePort': 0,
                                  'at': peer[0], 'port': 0, 'bytes': len(data)})
                    return

        self.loop.watch(sock.fileno(), ready)
        sock.sendto(packet, address(command['destination'], 0, command))


def address(text, port, command):
    """The socket address of a destination. A link-local address needs the interface it is on."""
    if ':' not in text:
        return (text, port)
    scope = socket.if_nametoindex(command['interface']) if text.startswith('fe80') else 0
    return (text, port, 0, scope)


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
