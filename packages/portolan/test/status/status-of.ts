import type { HostStatus } from '../../src/status/status.ts'

type Mapping = HostStatus['mappings'][number]
type Network = HostStatus['networks'][number]

export const mapping = (more: Partial<Mapping> = {}): Mapping => ({
  project: 'shop',
  backend: 'nftables',
  mapping: '0.0.0.0:8080/tcp -> nginx:80',
  family: 'ip',
  protocol: 'tcp',
  mode: 'nat',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  targets: [{ service: 'nginx', network: 'web', address: '172.17.0.1', port: 80 }],
  connections: 2,
  packets: 17,
  bytes: 1400,
  newConnections: null,
  drift: 'none',
  conflicts: { count: 0, worst: null },
  ...more,
})

export const network = (more: Partial<Network> = {}): Network => ({
  project: 'shop',
  name: 'web',
  bridge: 'ptl-web',
  subnets: ['172.17.0.0/16'],
  up: true,
  backend: 'nftables',
  drift: 'none',
  conflicts: { count: 0, worst: null },
  ...more,
})

export const status = (more: Partial<HostStatus> = {}): HostStatus => ({
  networks: [network()],
  mappings: [mapping()],
  parented: [],
  endpoints: [],
  drift: [],
  lost: [],
  conflicts: [],
  accounting: true,
  unread: [],
  ...more,
})
