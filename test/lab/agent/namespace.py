"""Makes the process of an agent enter its network namespace, and prepares it for its first link."""

import fcntl
import os
import socket
import struct

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h

# Duplicate address detection would keep every IPv6 address tentative for two seconds.
SILENT = {'accept_dad': 0, 'dad_transmits': 0, 'accept_ra': 0, 'router_solicitations': 0}


def enter(set_up, joins):
    """Enters a new network namespace, or the one whose file is `joins`. With `set_up` it gets its own mount namespace.

    Returns the mounts that it inherits from the machine that runs the tests.
    """
    if joins is not None:
        descriptor = os.open(joins, os.O_RDONLY)
        os.setns(descriptor, os.CLONE_NEWNET)
        os.close(descriptor)
    elif set_up is None:
        os.unshare(os.CLONE_NEWNET)
    else:
        os.unshare(os.CLONE_NEWNET | os.CLONE_NEWNS)
    inherited = read_mounts()
    if set_up is not None and joins is None:
        run(['sh', '-ec', f'mount --make-rprivate /\n{set_up}'], b'')
    for scope in ('all', 'default'):
        for name, value in SILENT.items():
            with open(f'/proc/sys/net/ipv6/conf/{scope}/{name}', 'w') as file:
                file.write(str(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack('16sH14x', b'lo', 0))
        flags = struct.unpack_from('16sH', request)[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', flags | IFF_UP))
    return inherited


def read_mounts(process='self'):
    with open(f'/proc/{process}/mounts', 'rb') as file:
        return file.read().splitlines()


def run(argv, text):
    """Runs a short program to its end, in the namespaces of this process. Raises an error with its output when it
    fails."""
    given = os.memfd_create('given')
    printed = os.memfd_create('printed')
    try:
        os.write(given, text)
        os.lseek(given, 0, os.SEEK_SET)
        actions = [(os.POSIX_SPAWN_DUP2, given, 0), (os.POSIX_SPAWN_DUP2, printed, 1), (os.POSIX_SPAWN_DUP2, printed, 2)]
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code != 0:
            os.lseek(printed, 0, os.SEEK_SET)
            said = os.read(printed, 1 << 20).decode(errors='replace')
            raise RuntimeError(f"{' '.join(argv)} exited {code}:\n{said}{text.decode()}")
    finally:
        os.close(given)
        os.close(printed)
