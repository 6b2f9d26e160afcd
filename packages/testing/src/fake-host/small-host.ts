import type { HostFacts } from '@portolan/netfilter'

/**
 * The facts of a small host: one uplink, `eth0`, with IPv4 and IPv6, a default route, and nothing that listens.
 * `fakeHost` begins with them when it gets no facts.
 * @example
 * fakeHost({ ...smallHost, nameservers: ['172.17.0.23'] })
 * @public @since 0.1.0
 */
export const smallHost: HostFacts = {
  interfaces: [
    { name: 'lo', index: 1, up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', index: 2, up: true, kind: 'veth', addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
  ],
  sockets: [],
  sysctls: {
    'net.ipv4.ip_forward': '0',
    'net.ipv4.conf.all.forwarding': '0',
    'net.ipv4.conf.all.rp_filter': '0',
    'net.ipv4.conf.default.rp_filter': '0',
    'net.ipv4.conf.all.route_localnet': '0',
    'net.ipv4.ip_local_port_range': '32768\t60999',
    'net.ipv6.conf.all.forwarding': '0',
    'net.bridge.bridge-nf-call-iptables': '0',
    'net.bridge.bridge-nf-call-ip6tables': '0',
  },
  machineId: '6d61636869006d616368690061000001',
}

/** Facts with what a running host always has: lists of interfaces and sockets, and sysctls. */
export const completeFacts = (facts: HostFacts): HostFacts => ({
  interfaces: [],
  sockets: [],
  ...facts,
  sysctls: { ...smallHost.sysctls, ...facts.sysctls },
})
