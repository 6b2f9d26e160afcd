import type {
  EndpointIntent,
  Intent,
  MappingIntent,
  NetworkIntent,
  PortRange,
  SubnetIntent,
} from '../../src/intent/index.ts'

/** The place in a file of all parts of these intents. */
export const place = { source: 'compose.yaml', line: 3, column: 5 }

export const subnetIntent = (wish: Partial<SubnetIntent> = {}): SubnetIntent => ({
  subnet: null,
  gateway: null,
  ipRange: null,
  mode: 'nat',
  ...wish,
})

/** An IPv4 network whose subnet comes from a pool, with changes. */
export const networkIntent = (wish: Partial<NetworkIntent> = {}): NetworkIntent => ({
  name: 'web',
  external: false,
  externalName: null,
  bridge: null,
  internal: false,
  icc: true,
  masquerade: true,
  hostBinding: null,
  mtu: null,
  pools: null,
  ip: subnetIntent(),
  ip6: null,
  place,
  ...wish,
})

export const endpointIntent = (wish: Partial<EndpointIntent> = {}): EndpointIntent => ({
  service: 'nginx',
  replica: 1,
  network: 'web',
  ip: null,
  ip6: null,
  mac: null,
  place,
  ...wish,
})

/** `80`, `5000-5009`. */
export const ports = (text: string): PortRange => {
  const [first = 0, last = first] = text.split('-').map(Number)
  return { first, last }
}

/** A mapping in the short syntax: `[address:]host:container`, or only `container`. */
export const mappingIntent = (text: string, wish: Partial<MappingIntent> = {}): MappingIntent => {
  const [container = '', host, ...address] = text.split(':').reverse()
  return {
    hostAddress: address.length === 0 ? null : address.reverse().join(':'),
    hostPorts: host === undefined || host === '' ? null : ports(host),
    containerPorts: ports(container),
    protocol: 'tcp',
    service: 'nginx',
    replica: 1,
    network: 'web',
    interface: null,
    allowFrom: null,
    weight: null,
    place,
    ...wish,
  }
}

export const intent = (wish: Partial<Intent> = {}): Intent => ({
  project: 'shop',
  networks: [networkIntent()],
  endpoints: [endpointIntent()],
  mappings: [],
  notes: [],
  ...wish,
})
