"""One process per network namespace: it listens, probes and watches the wire, told what to do by JSON lines.

A process per probe would cost more than the probe (Python starts in 20 ms, a probe takes 0.2 ms), and hundreds
run at once here on one epoll. The namespace lives exactly as long as this process, which ends when its connection
closes: nothing is left behind however the tests end, SIGKILL included.
"""

import json
import os
import socket

from links import when_quiet, when_received, when_settled, when_up
from loop import Loop
from listeners import Listeners
from namespace import run
from netlink import Netlink
from probes import Probes
from programs import Programs
from restore import FirstState
from sctp import Sctp
from sniffer import Sniffer
from state import own_addresses

# Seconds. The kernel finishes some changes later, in a workqueue that may wait for a processor.
LONGEST = 30


class Agent:
    def __init__(self, connection, folder, inherited):
        self.connection = connection
        self.inherited = inherited
        self.loop = Loop()
        self.sctp = Sctp(self.loop)
        self.listeners = Listeners(self.loop, self.sctp)
        self.probes = Probes(self.loop, self.sctp)
        self.sniffer = Sniffer(self.loop)
        self.programs = Programs(self.loop, folder)
        self.pending = b''
        self.first = None

    def run(self):
        self.loop.watch(self.connection.fileno(), self.read_commands)
        # Another program may have made this namespace, and its IPv6 addresses may not be in use yet.
        when_received(self.loop, set(), LONGEST, lambda _: self.say({'ready': os.getpid()}))
        self.loop.run()

    def say(self, message):
        # The socket blocks on writing, so an answer is written whole. The reader never stops reading.
        self.connection.sendall((json.dumps(message) + '\n').encode())

    def read_commands(self, _events):
        try:
            chunk = self.connection.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionError:
            chunk = b''
        if not chunk:
            os._exit(0)
        *lines, self.pending = (self.pending + chunk).split(b'\n')
        for line in lines:
            self.handle(json.loads(line))

    def handle(self, command):
        def answer(value=None):
            self.say({'id': command['id'], 'value': value})

        try:
            operation = getattr(self, 'do_' + command['op'])
            operation(command, answer)
        except OSError as error:
            self.say({'id': command['id'], 'error': f"{command['op']}: {error.strerror or error}"})
        except Exception as error:  # the test must hear of a defect here, not wait for its timeout
            self.say({'id': command['id'], 'error': f"{command['op']}: {type(error).__name__}: {error}"})

    def do_arrivals(self, command, answer):
        answer(self.sniffer.take(command.get('clear', False)))

    def do_listen(self, command, answer):
        self.listeners.listen(command)
        answer()

    def do_heard(self, command, answer):
        # A datagram that waits in a socket counts as heard. The loop polls once more before the answer.
        self.loop.after(0.005, lambda: answer(self.listeners.take(command.get('clear', False))))

    def do_unlisten(self, command, answer):
        self.listeners.close(command['protocol'], command['port'])
        answer()

    def do_forget(self, _command, answer):
        self.forget()
        answer()

    def forget(self):
        self.listeners.close_all()
        self.sniffer.take(True)

    def do_settled(self, command, answer):
        when_settled(self.loop, command['links'], LONGEST, answer)

    def do_quiet(self, _command, answer):
        when_quiet(self.loop, LONGEST, answer)

    def do_remember(self, command, answer):
        self.first = FirstState(command['folders'], command['kept'], self.inherited)
        answer()

    def do_restore(self, _command, answer):
        self.forget()
        answer(self.first.restore())

    def do_probe(self, command, answer):
        self.probes.start(command, answer)

    def do_give_up(self, command, answer):
        self.probes.give_up(command['key'])
        answer()

    def do_catch_up(self, _command, answer):
        # The loop handles sockets before timers. So the agent has read all that arrived before it answers.
        self.loop.after(0.005, answer)

    def do_carrying(self, command, answer):
        when_up(self.loop, command['links'], LONGEST, answer)

    def do_frame(self, command, answer):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as wire:
            wire.bind((command['interface'], 0))
            wire.send(bytes.fromhex(command['hex']))
        answer()

    def do_read(self, command, answer):
        with open(command['path']) as file:
            answer(file.read())

    def do_write(self, command, answer):
        with open(command['path'], 'w') as file:
            file.write(command['text'])
        answer()

    def do_run(self, command, answer):
        self.programs.run(command, answer)

    def do_ip(self, command, answer):
        with Netlink(socket.NETLINK_ROUTE) as route:
            before = own_addresses(route)
        run(['ip', '-batch', '-'], ('\n'.join(command['lines']) + '\n').encode())
        when_received(self.loop, before, LONGEST, answer)
