"""Asks by ARP which machines have the given IPv4 addresses.

Usage: arp-owners.py INTERFACE SOURCE ADDRESS... Prints each address with the link-layer addresses that answered.
"""

import json
import select
import socket
import struct
import sys
import time

# Seconds to wait for a further answer. The program ends when no answer has come for so long.
QUIET = 0.05

interface, source, *addresses = sys.argv[1:]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
sock.bind((interface, 0))
own = sock.getsockname()[4]
answers = {address: set() for address in addresses}
for address in addresses:
    # A request (RFC 826): EtherType ARP, hardware Ethernet, protocol IPv4, address lengths 6 and 4, operation 1.
    frame = b'\xff' * 6 + own + struct.pack('!HHHBBH', 0x0806, 1, 0x0800, 6, 4, 1)
    sock.send(frame + own + socket.inet_aton(source) + b'\0' * 6 + socket.inet_aton(address))
until = time.monotonic() + QUIET
while True:
    left = until - time.monotonic()
    if left <= 0 or not select.select([sock], [], [], left)[0]:
        break
    frame = sock.recv(2048)
    if len(frame) < 42 or struct.unpack('!H', frame[20:22])[0] != 2:
        continue
    address = socket.inet_ntoa(frame[28:32])
    if address in answers:
        answers[address].add(frame[22:28].hex(':'))
        until = time.monotonic() + QUIET
print(json.dumps({address: sorted(found) for address, found in answers.items()}))
