"""Makes new TCP connections, one after another, and prints the rate per second.

connections.py server PORT               accepts and closes, until it is ended
connections.py client HOST PORT COUNT SERVER-PID
    prints connections per second by the clock, and per second of processor time of client and server

Each connection is reset right after the handshake, so that no TIME_WAIT piles up. Each one is a new entry of
connection tracking. veth devices pass a packet on before the system call ends. So the host's work on a packet is in
the processor time of the process that sent it, and other load on the machine does not count there. Python's own part
of the time is small beside the kernel's, which Node's would not be.
"""

import os
import socket
import struct
import sys
import time


def serve(port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(4096)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        connection.close()


def used(processes):
    """The processor time of the processes until now, in seconds, by their own clocks (clock_getcpuclockid(3))."""
    return sum(time.clock_gettime(~process << 3 | 2) for process in processes)


def connect(host, port, count, server):
    parts = (os.getpid(), server)
    reset = struct.pack("ii", 1, 0)
    start, used_before = time.perf_counter(), used(parts)
    for _ in range(count):
        connection = socket.socket()
        connection.connect((host, port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        connection.close()
    taken = time.perf_counter() - start
    print(count / taken, count / (used(parts) - used_before))


if sys.argv[1] == "server":
    serve(int(sys.argv[2]))
else:
    connect(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
