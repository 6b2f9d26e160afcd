import type { DesiredMapping, DesiredNetwork, DesiredState, DesiredTarget } from '@portolan/core'

export const network = (more: Partial<DesiredNetwork> = {}): DesiredNetwork => ({
  name: 'web',
  bridge: 'br-web',
  external: false,
  internal: false,
  icc: true,
  mtu: null,
  ip: { subnet: '172.17.0.0/16', gateway: '172.17.42.1', mode: 'nat', masquerade: true },
  ip6: null,
  ...more,
})

export const target = (more: Partial<DesiredTarget> = {}): DesiredTarget => ({
  service: 'nginx',
  replica: 1,
  network: 'web',
  address: '172.17.0.1',
  port: 80,
  weight: 1,
  ...more,
})

export const mapping = (more: Partial<DesiredMapping> = {}): DesiredMapping => ({
  label: `${more.hostAddress ?? '0.0.0.0'}:${more.hostPort ?? 8080}/${more.protocol ?? 'tcp'} -> nginx:80`,
  family: 'ip',
  protocol: 'tcp',
  kind: 'nat',
  hostAddress: null,
  hostPort: 8080,
  interface: null,
  allowFrom: null,
  targets: [target()],
  ...more,
})

export const state = (more: Partial<DesiredState> = {}): DesiredState => ({
  project: 'demo',
  networks: [network()],
  endpoints: [],
  mappings: [mapping()],
  guardForwarding: false,
  ...more,
})

/** A state with ten thousand mappings and nothing else. */
export const large = (count = 10_000): DesiredState =>
  state({
    mappings: Array.from({ length: count }, (_, at) =>
      mapping({
        hostPort: 10_000 + at,
        targets: [target({ address: `172.17.${1 + (at >> 8)}.${at & 255}` })],
      }),
    ),
  })
