"""Brings a namespace back to its recorded state: undoes what can be undone, and compares the rest."""

import os
import re
import socket
import struct

from ipsec import remove_ipsec
from namespace import read_mounts, run
from netlink import ACK, CREATE, EXCLUSIVE, HEADER, NETFILTER, REQUEST, Netlink, attributes, packed
from qdiscs import restore_qdiscs
from state import ADDRESS_TIMES, GET_NEIGHBOUR, ROUTE_TIMES, SYSCTLS, read_state

# linux/rtnetlink.h
DELETE_LINK, DELETE_ADDRESS, NEW_ROUTE, DELETE_ROUTE, DELETE_NEIGHBOUR = 17, 21, 24, 25, 29
NEW_RULE, DELETE_RULE = 32, 33
ON_LINK = 4
PERMANENT, NO_ARP = 0x80, 0x40  # linux/neighbour.h
# nfnetlink.h, nf_tables.h: a batch of one message, which deletes all tables.
BATCH_BEGIN, BATCH_END, DELETE_TABLE = 16, 17, 10 << 8 | 2
FORGET_FLOWS = 1 << 8 | 2  # nfnetlink_conntrack.h

EMPTY_LEGACY = r'''
for family in ip ip6; do
  for table in $(cat /proc/net/"$family"_tables_names 2> /dev/null); do
    chains=$("$family"tables-legacy-save -t "$table" | sed -n 's/^:\([A-Z]*\) [A-Z].*/:\1 ACCEPT/p')
    printf '*%s\n%s\nCOMMIT\n' "$table" "$chains" | "$family"tables-legacy-restore
    # Only chains, and each accepts: as good as none.
    if "$family"tables-legacy-save -t "$table" | grep -v -e '^#' -e "^\*$table\$" -e '^:[A-Z]* ACCEPT ' -e '^COMMIT$'
    then exit 1; fi
  done
done'''


def read_file(path):
    with open(path, 'rb') as file:
        return file.read()


def write_file(path, text):
    with open(path, 'wb') as file:
        file.write(text)


def unmount(first):
    """Unmounts the mounts that are new since `first`, the last one first."""
    new = [line for line in read_mounts() if line not in first]
    # The kernel writes a space in a path as an octal number: proc_pid_mounts(5).
    places = [re.sub(rb'\\(\d{3})', lambda octal: bytes([int(octal[1], 8)]), line.split(b' ')[1]) for line in new]
    # Unmounting one place may unmount others below it, so errors are ignored. The caller compares the mounts
    # afterwards. The mounts of an engine are shared with its programs, hence --make-rprivate: see
    # neighbour/engine-room.ts.
    script = 'umount --lazy "$@" 2> /dev/null; mount --make-rprivate /'
    run(['sh', '-c', script, 'sh', *map(os.fsdecode, reversed(places))], b'')


class FirstState:
    """The recorded state of a namespace.

    @param folders: the folders of a host that are emptied except for `kept`; None: a machine around a host
    @param inherited: the mounts of the machine that runs the tests
    """

    def __init__(self, folders, kept, inherited):
        self.inherited = inherited
        self.folders, self.kept = folders, kept
        # A machine around a host uses the mounts of the machine that runs the tests. They must stay.
        self.mounts = None if folders is None else read_mounts()
        self.texts = {path: read_file(path) for path in kept if os.path.isfile(path)}
        self.state = read_state(folders is not None)
        if self.state['tables'] or self.state.get('sets') or self.state['ipsec']:
            raise RuntimeError('tables, sets and IPsec are only removed: the first state has to be without them')

    def restore(self):
        """Undoes the changes, and returns the parts that still differ.

        Tables of iptables-legacy are empty then. The kernel keeps them registered until the namespace ends.
        """
        # Mounts come first. Where a mount is missing or new, the folders emptied below may be the machine's own.
        if self.mounts is not None and read_mounts() != self.mounts:
            unmount(self.mounts)
            if not self.has_its_mounts():
                return ['mounts']
        with Netlink(socket.NETLINK_ROUTE) as route, Netlink(NETFILTER) as netfilter:
            if self.folders is not None:
                self.empty(route, netfilter)
            is_host = self.folders is not None
            now = read_state(is_host)
            if now == self.state:
                return []
            restore_sysctls(self.state.get('sysctls', {}), now.get('sysctls', {}))
            restore_addresses(route, self.state['addresses'], now['addresses'])
            restore_routes(route, self.state['routes'], read_state(is_host, False)['routes'])
            restore_rules(route, self.state['rules'], now['rules'])
            restore_qdiscs(route, self.state['qdiscs'], now['qdiscs'])
            if now['ipsec']:
                remove_ipsec()
        now = read_state(is_host)
        return [part for part, value in self.state.items() if now[part] != value]

    def has_its_mounts(self):
        """Whether all mounts are back, apart from those that the machine that runs the tests has lost too.

        When a folder is deleted, the kernel removes the mounts on it in all namespaces (fs/namespace.c,
        `__detach_mounts`). So no test has removed a mount that the machine has lost as well.
        """
        now, of_machine = read_mounts(), read_mounts(os.getppid())
        gone = [line for line in self.mounts if line in self.inherited and line not in now and line not in of_machine]
        return now == [line for line in self.mounts if line not in gone]

    def empty(self, route, netfilter):
        now = read_state(True, False)
        # Links come first: a deleted link takes its addresses, routes and sysctls with it.
        for name, (index, _rest) in now['links'].items():
            if name not in self.state['links']:
                route.ask(DELETE_LINK, 0, struct.pack('BxHiII', socket.AF_UNSPEC, 0, index, 0, 0))
        if now['tables']:
            delete_tables(netfilter)
        if now['legacy tables']:
            run(['sh', '-ec', EMPTY_LEGACY], b'')
        if now['sets']:
            run(['ipset', 'destroy'], b'')
        for item in route.dump(GET_NEIGHBOUR, struct.pack('BxxxiHBB', socket.AF_UNSPEC, 0, 0, 0, 0)):
            if not struct.unpack_from('H', item, 8)[0] & (PERMANENT | NO_ARP):
                route.ask(DELETE_NEIGHBOUR, 0, item)
        netfilter.ask(FORGET_FLOWS, 0, struct.pack('!BBH', socket.AF_UNSPEC, 0, 0))
        for folder in self.folders:
            empty_folder(folder, os.stat(folder).st_dev, self.kept)
        for path, text in self.texts.items():
            write_file(path, text)


def delete_tables(netfilter):
    def message(kind, flags, subsystem):
        body = struct.pack('!BBH', socket.AF_UNSPEC, 0, subsystem)
        return HEADER.pack(16 + len(body), kind, REQUEST | flags, 0, 0) + body

    netfilter.ask_at_once(message(BATCH_BEGIN, 0, 10) + message(DELETE_TABLE, ACK, 0) + message(BATCH_END, 0, 10))


def empty_folder(folder, device, kept):
    """Deletes the content of a folder, except for `kept` and for file systems mounted below it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.stat(follow_symlinks=False).st_dev != device or os.path.ismount(entry.path):
                    continue
                empty_folder(entry.path, device, kept)
                if entry.path not in kept:
                    os.rmdir(entry.path)
            elif entry.path not in kept:
                os.unlink(entry.path)


def restore_sysctls(first, now):
    changed = [path for path, value in first.items() if now.get(path) != value]
    # `all` and `default` go first, because a change of `all` changes the value of every link. A write may fail where
    # an earlier one has set the value already. The caller compares all values afterwards.
    for path in sorted(changed, key=lambda path: ('/all/' not in path and '/default/' not in path, path)):
        try:
            write_file(f'{SYSCTLS}/{path}', first[path])
        except OSError:
            pass


def restore_addresses(route, first, now):
    for item in now:
        if item not in first:
            rest = (packed(kind, value) for kind, value in attributes(item, 8) if kind != ADDRESS_TIMES)
            route.ask(DELETE_ADDRESS, 0, item[:8] + b''.join(rest))


def restore_routes(route, first, now):
    for item in now:
        if item not in first:
            route.ask(DELETE_ROUTE, 0, as_asked(item))
    gone = [item for item in first if item not in now]
    # The second pass adds routes with a gateway that a route of the first pass reaches.
    for item in gone + gone:
        route.ask(NEW_ROUTE, CREATE | EXCLUSIVE, as_asked(item))


def restore_rules(route, first, now):
    for item in now:
        if item not in first:
            route.ask(DELETE_RULE, 0, item)
    for item in first:
        if item not in now:
            route.ask(NEW_RULE, CREATE | EXCLUSIVE, item)


def as_asked(item):
    """A route as a request has it, without the data that only the kernel sets."""
    rest = (packed(kind, value) for kind, value in attributes(item, 12) if kind != ROUTE_TIMES)
    return item[:8] + struct.pack('I', struct.unpack_from('I', item, 8)[0] & ON_LINK) + b''.join(rest)
