"""The nursery of agents: it loads their code once, and forks an agent for each connection to its socket.

A Python process of its own for each namespace would take 45 ms of processor time. A fork takes 3 ms. A test file makes
hundreds of namespaces. The first line of a connection says which namespace the agent enters. All later lines are
commands for the agent. An agent lives as long as its connection, and the nursery as long as its standard input. So
nothing is left behind however the tests end, SIGKILL included.
"""

import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile

from agent import Agent
from namespace import enter


def become_agent(connection):
    with connection.makefile('rb', buffering=0) as lines:
        command = json.loads(lines.readline())
    connection.setblocking(True)
    try:
        inherited = enter(command.get('setUp'), command.get('joins'))
        # In its own mount namespace the agent starts programs at the root. Else it starts them in the current folder.
        agent = Agent(connection, '.' if command.get('setUp') is None else '/', inherited)
    except Exception as error:  # the test must hear of it, not wait for its timeout
        connection.sendall((json.dumps({'failed': f'{error}'}) + '\n').encode())
        return
    agent.run()


def say(message):
    os.write(1, (json.dumps(message) + '\n').encode())


def reap():
    """Tells of each agent that has ended, and with it its namespace."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        say({'ended': pid, 'code': os.waitstatus_to_exitcode(status)})


def serve(listener):
    signals, wake = os.pipe()
    os.set_blocking(signals, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    while True:
        ready, _, _ = select.select([0, signals, listener], [], [])
        if signals in ready:
            os.read(signals, 4096)
            reap()
        if 0 in ready and not os.read(0, 4096):
            return
        if listener not in ready:
            continue
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            listener.close()
            os.close(signals)
            os.close(wake)
            # The agent must not hold the nursery's pipes open: their end tells that the nursery has ended.
            nothing = os.open('/dev/null', os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            os.close(nothing)
            try:
                become_agent(connection)
            finally:
                os._exit(1)
        connection.close()


if __name__ == '__main__':
    sys.setswitchinterval(1)
    # SIGTERM ends this process like any other exit, so that the temporary folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    place = tempfile.mkdtemp(prefix='portolan-lab-')
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f'{place}/agents')
            listener.listen(64)
            # The garbage collector skips all objects that exist now. It would otherwise copy their pages into each
            # agent.
            gc.freeze()
            say({'socket': f'{place}/agents'})
            serve(listener)
    finally:
        shutil.rmtree(place, ignore_errors=True)
