import type { Family } from '@portolan/netfilter'
import type {
  ContractHost,
  DesiredEndpoint,
  DesiredMapping,
  DesiredNetwork,
  DesiredState,
  DesiredSubnet,
  DesiredTarget,
  Flow,
  FlowSource,
} from '../../src/contract/index.ts'

/** The host of these tests, with two uplinks and the bridges' gateways. */
export const host: ContractHost = {
  addresses: [
    '192.0.2.2',
    '203.0.113.2',
    '2001:db8::2',
    '172.17.42.1',
    '172.18.0.1',
    'fd00:17::1',
    'fd00:18::1',
  ],
}

const subnets: Record<string, { readonly ip: string; readonly ip6: string }> = {
  web: { ip: '172.17.0.0/16 172.17.42.1', ip6: 'fd00:17::/64 fd00:17::1' },
  db: { ip: '172.18.0.0/16 172.18.0.1', ip6: 'fd00:18::/64 fd00:18::1' },
}

const subnetIn = (name: string, family: Family, wish: Partial<DesiredSubnet>): DesiredSubnet => {
  const [subnet = '', gateway = ''] = (subnets[name]?.[family] ?? '').split(' ')
  return { subnet, gateway, mode: 'nat', masquerade: true, ...wish }
}

/** A dual-stack network; `subnet` goes for both families. */
export const network = (
  name: 'web' | 'db',
  { subnet = {}, ...wish }: Partial<DesiredNetwork> & { readonly subnet?: Partial<DesiredSubnet> } = {},
): DesiredNetwork => ({
  name,
  bridge: `br-${name}`,
  external: false,
  internal: false,
  icc: true,
  mtu: null,
  ip: subnetIn(name, 'ip', subnet),
  ip6: subnetIn(name, 'ip6', subnet),
  ...wish,
})

export const target = (wish: Partial<DesiredTarget> = {}): DesiredTarget => ({
  service: 'nginx',
  replica: 1,
  network: 'web',
  address: '172.17.0.2',
  port: 80,
  weight: 1,
  ...wish,
})

/** The mapping `0.0.0.0:8080/tcp -> nginx:80`, with changes. */
export const mapping = (wish: Partial<DesiredMapping> = {}): DesiredMapping => ({
  label: '0.0.0.0:8080/tcp -> nginx:80',
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  allowFrom: null,
  targets: [target()],
  ...wish,
})

/** The same in IPv6. */
export const mapping6 = (wish: Partial<DesiredMapping> = {}): DesiredMapping =>
  mapping({
    label: '[::]:8080/tcp -> nginx:80',
    family: 'ip6',
    targets: [target({ address: 'fd00:17::2' })],
    ...wish,
  })

export const endpoint = (wish: Partial<DesiredEndpoint> = {}): DesiredEndpoint => ({
  service: 'nginx',
  replica: 1,
  network: 'web',
  ip: '172.17.0.2',
  ip6: 'fd00:17::2',
  mac: '02:42:ac:11:00:02',
  ...wish,
})

export const desired = (wish: Partial<DesiredState> = {}): DesiredState => ({
  project: 'shop',
  networks: [network('web'), network('db')],
  endpoints: [endpoint()],
  mappings: [mapping(), mapping6()],
  guardForwarding: false,
  ...wish,
})

export const machine = (address = '198.51.100.9', device = 'eth0'): FlowSource => ({
  kind: 'machine',
  address,
  interface: device,
})
export const process: FlowSource = { kind: 'host', address: null }
export const container = (name: 'web' | 'db', address: string): FlowSource => ({
  kind: 'container',
  network: name,
  address,
})

/** A TCP flow to `192.0.2.2:8080` or `[2001:db8::2]:8080`. */
export const flow = (
  from: FlowSource,
  to: string,
  port: number,
  protocol: Flow['protocol'] = 'tcp',
): Flow => ({ family: to.includes(':') ? 'ip6' : 'ip', protocol, from, to: { address: to, port } })
