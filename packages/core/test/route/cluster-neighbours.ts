import type { HostFacts } from '@portolan/netfilter'
import type { ClusterNeighbours, DesiredNetwork, DesiredState } from '../../src/index.ts'

export const network = (more: Partial<DesiredNetwork> = {}): DesiredNetwork => ({
  ...{ name: 'web', bridge: 'br-web', external: false, internal: false, icc: true, mtu: null },
  ip: { subnet: '10.64.1.0/24', gateway: '10.64.1.1', mode: 'nat', masquerade: true },
  ip6: null,
  ...more,
})

export const desired = (...networks: readonly DesiredNetwork[]): DesiredState => ({
  ...{ project: 'shop', networks, endpoints: [], mappings: [], guardForwarding: false },
})

export const neighbours = (via: string | null = '192.0.2.12'): ClusterNeighbours => ({
  ...{ cluster: 'lab', host: 'h1', revision: 7, blocks: ['10.64.1.0/24'] },
  others: [{ block: '10.64.2.0/24', host: 'h2', via }],
})

export const facts = (more: Partial<HostFacts> = {}): HostFacts => ({
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.11/24'] }],
  routes: [{ destination: '192.0.2.0/24', interface: 'eth0', table: 254 }],
  ...more,
})

export const route = { destination: '10.64.2.0/24', via: '192.0.2.12', interface: 'eth0' }
