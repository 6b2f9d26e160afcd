import type { HostFacts } from '@portolan/netfilter'
import { type Intent, type Resolution, readCompose, resolve } from '../../src/index.ts'

/** A host on the network 192.0.2.0/24 by eth1, with a router, a resolver and a neighbour there. */
export const host: HostFacts = {
  interfaces: [
    { name: 'lo', kind: 'loopback', up: true, addresses: ['127.0.0.1/8'] },
    { name: 'eth0', kind: 'ether', up: true, addresses: ['198.51.100.2/24'] },
    { name: 'eth1', kind: 'ether', up: true, mac: '02:00:00:00:00:01', addresses: ['192.0.2.2/24'] },
  ],
  routes: [
    { destination: '192.0.2.0/24', interface: 'eth1' },
    { destination: 'default', gateway: '192.0.2.254', interface: 'eth1' },
  ],
  nameservers: ['192.0.2.4'],
  neighbours: [{ address: '192.0.2.5', interface: 'eth1' }],
}

export const read = (networks: string, services = '{web: {networks: [lan]}}'): Intent =>
  readCompose(`{name: shop, services: ${services}, networks: ${networks}}`, { source: 'compose.yaml' })

export const lan = (rest = '', opts = 'parent: eth1'): string =>
  `{lan: {driver: macvlan, driver_opts: {${opts}}, ipam: {config: [{subnet: 192.0.2.0/24${rest}}]}}}`

export const planned = (networks: string, services?: string, facts = host): Resolution =>
  resolve(read(networks, services), facts)

export const texts = ({ notes }: Pick<Resolution, 'notes'>): string =>
  notes.map(({ text }) => text).join('\n')
