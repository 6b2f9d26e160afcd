import type { DesiredMapping, DesiredNetwork, DesiredState, GatewayMode } from '@portolan/core'
import type { Family } from '@portolan/netfilter'

/** Networks have numbers, so that the bridges and subnets of one test never overlap. */
export const network = (
  name: string,
  number: number,
  options: Partial<DesiredNetwork> & { mode?: GatewayMode; families?: readonly Family[] } = {},
): DesiredNetwork => {
  const { mode = 'nat', families = ['ip'], ...rest } = options
  const gateway = (address: string): string | null => (mode === 'isolated' ? null : address)
  const masquerade = mode !== 'routed' && mode !== 'isolated'
  return {
    name,
    bridge: `br-${name}`,
    external: false,
    internal: mode === 'isolated',
    icc: true,
    mtu: null,
    ip: families.includes('ip')
      ? { subnet: `10.200.${number}.0/24`, gateway: gateway(`10.200.${number}.1`), mode, masquerade }
      : null,
    ip6: families.includes('ip6')
      ? { subnet: `fd00:200:${number}::/64`, gateway: gateway(`fd00:200:${number}::1`), mode, masquerade }
      : null,
    ...rest,
  }
}

/** The mapping `8080:80` to the second address of network 1, with changes. */
export const mapping = (hostPort: number, options: Partial<DesiredMapping> = {}): DesiredMapping => {
  const { family = 'ip', protocol = 'tcp', hostAddress = null } = options
  const host = hostAddress ?? (family === 'ip' ? '0.0.0.0' : '[::]')
  return {
    label: `${host}:${hostPort}/${protocol} -> nginx:80`,
    family,
    protocol,
    kind: 'nat',
    hostAddress,
    hostPort,
    interface: null,
    allowFrom: null,
    targets: [
      {
        service: 'nginx',
        replica: 1,
        network: 'web',
        address: family === 'ip' ? '10.200.1.2' : 'fd00:200:1::2',
        port: 80,
        weight: 1,
      },
    ],
    ...options,
  }
}

export const desiredState = (
  mappings: readonly DesiredMapping[] = [],
  options: Partial<DesiredState> = {},
): DesiredState => ({
  project: 'demo',
  networks: [network('web', 1)],
  endpoints: [],
  mappings,
  guardForwarding: false,
  ...options,
})
