import type { HostFacts } from '@portolan/netfilter'
import { effectiveSysctl, linkSysctlName } from '@portolan/netfilter/sysctls'
import { type Conflict, reversePathFilterStrict } from '../conflict/index.ts'
import type { DesiredNetwork, DesiredState } from '../contract/index.ts'
import { takerOfBridge } from '../contract/taken-bridge.ts'
import { type SysctlChange, sysctlChange } from './sysctl-change.ts'

/** `rp_filter` (Documentation/networking/ip-sysctl.rst). */
const STRICT = 1
const LOOSE = '2'

/**
 * Makes the reverse path filter of our bridges loose. A container on two networks may answer over either of them. The
 * strict filter drops packets that come over a bridge which does not lead back to their source. The kernel uses the
 * greater of the bridge's value and that of `all`. So 2 on the bridge holds whatever `all` is.
 *
 * @internal
 */
export const diffReversePath = (
  desired: DesiredState,
  facts: HostFacts,
  { writable }: { readonly writable: boolean },
): { readonly changes: readonly SysctlChange[]; readonly conflicts: readonly Conflict[] } => {
  const { sysctls = {} } = facts
  const changes: SysctlChange[] = []
  const conflicts: Conflict[] = []
  for (const network of desired.networks) {
    if (!isRouted(network) || takerOfBridge(network, desired, facts) !== null) continue
    const name = linkSysctlName('ipv4', network.bridge, 'rp_filter')
    const value = sysctls[name] ?? null
    if (writable && !network.external) {
      const why = `Let containers of network ${network.name} answer over it for their other networks.`
      if (value !== LOOSE) changes.push(sysctlChange(name, value, LOOSE, why))
      continue
    }
    if (effectiveSysctl(sysctls, 'ipv4', network.bridge, 'rp_filter') !== STRICT) continue
    const services = servicesOnOthers(desired, network)
    if (services.length > 0) conflicts.push(reversePathFilterStrict(network, { name, value, services }))
  }
  return { changes, conflicts }
}

/** Can containers send packets to other networks over this one? Only if its bridge is an IPv4 gateway. */
const isRouted = ({ ip }: DesiredNetwork): boolean => ip !== null && ip.gateway !== null

/** The services of a network that have an IPv4 address on another routed network too. */
const servicesOnOthers = (
  { endpoints, networks }: DesiredState,
  { name }: DesiredNetwork,
): readonly string[] => {
  const routed = new Set(networks.filter(isRouted).map((network) => network.name))
  const elsewhere = new Set(
    endpoints.flatMap(({ service, replica, network, ip }) =>
      network !== name && ip !== null && routed.has(network) ? [`${service} ${replica}`] : [],
    ),
  )
  const found = endpoints.flatMap(({ service, replica, network }) =>
    network === name && elsewhere.has(`${service} ${replica}`) ? [service] : [],
  )
  return [...new Set(found)].toSorted()
}
