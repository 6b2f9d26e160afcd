import type { HostFacts } from '@portolan/netfilter'

/** A host with one wire, which has addresses and default routes of both families. */
export const dualStackHost = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.10/24', '2001:db8:5::10/64'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8:5::1', interface: 'eth0' },
  ],
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.forwarding': '1',
    'net.bridge.bridge-nf-call-iptables': '0',
    'net.bridge.bridge-nf-call-ip6tables': '0',
  },
} satisfies HostFacts

/** The Compose text of a network of both families: 172.30.N.0/24 and fd00:30:N::/64 on bridge pt-NAME. */
export const dualStackNetwork = (name: string, number: number): string => `
  ${name}:
    enable_ipv6: true
    ipam: {config: [{subnet: 172.30.${number}.0/24, gateway: 172.30.${number}.1}, {subnet: "fd00:30:${number}::/64", gateway: "fd00:30:${number}::1"}]}
    driver_opts: {com.docker.network.bridge.name: pt-${name}}`
