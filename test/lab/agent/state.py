"""Reads a namespace's state from the kernel: links, addresses, routes, rules, bridge ports, tables, sets, sysctls,
IPsec, queueing disciplines.

States are only compared with each other. So most data stays as the kernel sends it, without values that change with
time.
"""

import os
import re
import socket
import struct

from ipsec import read_ipsec
from netlink import NETFILTER, Netlink, attributes, packed
from qdiscs import read_qdiscs

# linux/rtnetlink.h
GET_LINK, GET_ADDRESS, GET_ROUTE, GET_NEIGHBOUR, GET_RULE = 18, 22, 26, 30, 34
TABLE_MAIN = 254
# nfnetlink.h, nf_tables.h, ip_set.h
GET_TABLE, LIST_SETS, SET_PROTOCOL = 10 << 8 | 1, 6 << 8 | 7, 7

# linux/if_link.h: counters, and the IPv6 data of a link, whose addresses and sysctls are read on their own.
LINK_NAME, LINK_STATE, LINK_VOLATILE = 3, 16, {7, 23, 26, 35, 47, 48}
RUNNING = 0x40  # linux/if.h
ADDRESS_TIMES = 6
ADDRESS, OWN_ADDRESS = 1, 2
ROUTE_TO, ROUTE_TIMES, ROUTE_TABLE = 1, 12, 15
LOCAL_ROUTE = 2
# Another machine uses the same address (IFA_F_DADFAILED). Such an address stays tentative for ever.
SCOPE_LINK, TENTATIVE, REFUSED = 253, 0x40, 0x08
LINK_LOCAL = b'\xfe\x80'

SYSCTLS = '/proc/sys/net'
# Sysctls that the kernel counts or chooses by itself as time passes.
VOLATILE_SYSCTLS = re.compile(r'(core/|netfilter/nf_conntrack_count|ipv4/tcp_fastopen_key|.*/stable_secret)')


def read_links(route):
    """The links by name: the index, and the other data."""
    links = {}
    for item in route.dump(GET_LINK, struct.pack('BxHiII', socket.AF_UNSPEC, 0, 0, 0, 0)):
        rest = [item[:16]]
        for kind, value in attributes(item, 16):
            if kind == LINK_NAME:
                name = value.rstrip(b'\0').decode()
            elif kind not in LINK_VOLATILE:
                rest.append(packed(kind, value))
        links[name] = (struct.unpack_from('i', item, 4)[0], b''.join(rest))
    return links


def read_addresses(route):
    found = []
    for item in route.dump(GET_ADDRESS, struct.pack('BBBBI', socket.AF_UNSPEC, 0, 0, 0, 0)):
        # Only the lifetimes of an address are compared, and not the times of its creation and its last change.
        rest = [packed(kind, value[:8] if kind == ADDRESS_TIMES else value) for kind, value in attributes(item, 8)]
        found.append(item[:8] + b''.join(rest))
    return sorted(found)


def of_both_families(route, kind):
    return [item for family in (socket.AF_INET, socket.AF_INET6)
            for item in route.dump(kind, struct.pack('BBBBBBBBI', family, 0, 0, 0, 0, 0, 0, 0, 0))]


def read_routes(route):
    found = []
    for item in of_both_families(route, GET_ROUTE):
        # Only the expiry and the error of a route's cache info are compared.
        rest = [packed(kind, value[8:16] if kind == ROUTE_TIMES else value) for kind, value in attributes(item, 12)]
        found.append(item[:12] + b''.join(rest))
    return sorted(found)


def read_rules(route):
    return of_both_families(route, GET_RULE)


def read_ports(route):
    """The ports of bridges, as bridge(8) lists them."""
    return route.dump(GET_LINK, struct.pack('BxHiII', socket.AF_BRIDGE, 0, 0, 0, 0))


def read_tables(netfilter):
    """The tables of nftables and of iptables-nft. A restored host has no tables, so their rules are not read."""
    return netfilter.dump(GET_TABLE, struct.pack('!BBH', socket.AF_UNSPEC, 0, 0))


def read_sets(netfilter):
    try:
        return netfilter.dump(LIST_SETS, struct.pack('!BBH', socket.AF_INET, 0, 0) + packed(1, bytes([SET_PROTOCOL])))
    except OSError as error:
        # ipset's own errors begin at 4096. A lower number means that this kernel has no ipset.
        return [str(error.errno).encode()] if error.errno >= 4096 else []


def legacy_tables():
    names = []
    for family in ('ip', 'ip6'):
        try:
            with open(f'/proc/net/{family}_tables_names') as file:
                names += [(family, name) for name in file.read().split()]
        except FileNotFoundError:
            pass
    return sorted(names)


def read_sysctls():
    values = {}
    for folder, _folders, names, descriptor in os.fwalk(SYSCTLS):
        place = folder[len(SYSCTLS) + 1:]
        if place.startswith('core'):
            continue
        for name in names:
            path = f'{place}/{name}'
            if VOLATILE_SYSCTLS.match(path):
                continue
            try:
                file = os.open(name, os.O_RDONLY, dir_fd=descriptor)
            except OSError:
                continue  # some sysctls are write-only
            try:
                values[path] = os.read(file, 1 << 12)
            except OSError:
                pass  # some sysctls have no value yet
            finally:
                os.close(file)
    return values


def is_of_main_table(item):
    """Whether the route is in the main table. The kernel adds routes to other tables by itself, sooner or later."""
    found = dict(attributes(item, 12))
    return found.get(ROUTE_TABLE) == struct.pack('I', TABLE_MAIN) and not found.get(ROUTE_TO, b'').startswith(LINK_LOCAL)


def is_link_local(item):
    return item[0] == socket.AF_INET6 and item[3] == SCOPE_LINK


def read_state(is_host, with_sysctls=True):
    """The state by part. For machines around a host, the addresses and routes that the kernel adds by itself are left
    out."""
    with Netlink(socket.NETLINK_ROUTE) as route, Netlink(NETFILTER) as netfilter:
        state = {
            'addresses': read_addresses(route),
            'routes': read_routes(route),
            'rules': read_rules(route),
            'tables': read_tables(netfilter),
            'ipsec': read_ipsec(),
            'qdiscs': read_qdiscs(route),
        }
        if not is_host:
            state['addresses'] = [item for item in state['addresses'] if not is_link_local(item)]
            state['routes'] = [item for item in state['routes'] if is_of_main_table(item)]
            return state
        state |= {
            'links': read_links(route),
            'ports': read_ports(route),
            'sets': read_sets(netfilter),
            'legacy tables': legacy_tables(),
        }
        return state | {'sysctls': read_sysctls()} if with_sysctls else state


def are_settled(indexes):
    """Whether each of these links has its link-local address, and it is not tentative."""
    with Netlink(socket.NETLINK_ROUTE) as route:
        ready = {struct.unpack_from('I', item, 4)[0] for item in read_addresses(route)
                 if is_link_local(item) and not item[2] & TENTATIVE}
    return ready.issuperset(indexes)


def running_links(route):
    """The links that carry packets, once all links have their final state.

    The kernel updates the state of a link in a workqueue, up to a second after the change. Until then a list of all
    links shows the old state (net/core/link_watch.c). A request for one link makes the kernel update first
    (net/core/rtnetlink.c, `rtnl_getlink`, since Linux 6.8). The state of a bridge or a macvlan follows in a later
    round.
    """
    before, now = None, read_each_link(route)
    while now != before:
        before, now = now, read_each_link(route)
    return {index for index, (flags, _) in now.items() if flags & RUNNING}


def read_each_link(route):
    """The flags and the state of each link, by index."""
    states = {}
    for index, _ in read_links(route).values():
        item = route.get(GET_LINK, struct.pack('BxHiII', socket.AF_UNSPEC, 0, index, 0, 0))
        if item is not None:
            states[index] = (struct.unpack_from('I', item, 8)[0], dict(attributes(item, 16)).get(LINK_STATE))
    return states


def are_quiet():
    """Whether no link waits for a state or an address from the kernel any more."""
    with Netlink(socket.NETLINK_ROUTE) as route:
        running = running_links(route)
        for item in route.dump(GET_ADDRESS, struct.pack('BBBBI', socket.AF_INET6, 0, 0, 0, 0)):
            is_tried = item[2] & TENTATIVE and not item[2] & REFUSED
            if is_tried and struct.unpack_from('I', item, 4)[0] in running:
                return False
        return are_received(route, {address for index, address in own_addresses(route) if index in running})


def own_addresses(route):
    """IPv6 addresses with the index of their link, without tentative ones."""
    found = set()
    for item in route.dump(GET_ADDRESS, struct.pack('BBBBI', socket.AF_INET6, 0, 0, 0, 0)):
        values = dict(attributes(item, 8))
        if not item[2] & TENTATIVE:
            found.add((struct.unpack_from('I', item, 4)[0], values.get(OWN_ADDRESS, values.get(ADDRESS))))
    return found


def are_received(route, addresses):
    """Whether the namespace accepts packets to these IPv6 addresses of its own: see `when_received`."""
    routes = route.dump(GET_ROUTE, struct.pack('BBBBBBBBI', socket.AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0))
    return addresses <= {dict(attributes(item, 12)).get(ROUTE_TO) for item in routes if item[7] == LOCAL_ROUTE}
