"""Makes new TCP connections, one after another, and tells how many a second.

connections.py server PORT               accepts and closes, until it is ended
connections.py client HOST PORT COUNT    prints connections per second

Each connection is reset right after the handshake, so that no TIME_WAIT piles up, and every one is a new entry of
the connection tracking. In Python and not in Node because its part of the time has to be small beside the kernel's.
"""

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


def connect(host, port, count):
    reset = struct.pack("ii", 1, 0)
    start = time.perf_counter()
    for _ in range(count):
        connection = socket.socket()
        connection.connect((host, port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        connection.close()
    print(count / (time.perf_counter() - start))


if sys.argv[1] == "server":
    serve(int(sys.argv[2]))
else:
    connect(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
