import { type Family, families, type HostFacts, type Wording } from '@portolan/netfilter'
import {
  checkArgument,
  checkOptions,
  flagValue,
  type OptionKinds,
  wordingValue,
} from '@portolan/netfilter/schema'
import { linkSysctlName } from '@portolan/netfilter/sysctls'
import {
  type Conflict,
  forwardingDisabled,
  hostBecomesRouter,
  routeLocalnetDisabled,
  routerAdvertisementsLost,
} from '../conflict/index.ts'
import type { DesiredMapping, DesiredNetwork, DesiredState } from '../contract/index.ts'
import { takerOfBridge } from '../contract/taken-bridge.ts'
import { type AdvertisedInterface, interfacesLosingAdvertisements } from './advertised-interfaces.ts'
import { diffReversePath } from './diff-reverse-path.ts'
import { forwardingSysctl } from './forwarding-sysctls.ts'
import { type SysctlChange, sysctlChange } from './sysctl-change.ts'

/**
 * What a plan may do about sysctls.
 * @public @since 0.1.0
 */
export interface SysctlOptions {
  /** False: nothing is written (`--no-sysctl`, or a read-only /proc/sys), and a wrong value becomes a conflict. */
  readonly writable: boolean
  /** How remedies name what the user may change; by default as the command does. */
  readonly wording?: Wording
}

const optionKinds: OptionKinds<SysctlOptions> = { writable: flagValue, wording: wordingValue }

/**
 * Finds the sysctls that a project needs and the host lacks. They become changes where the plan may set them, and
 * conflicts elsewhere. Other sysctls stay: a project with internal networks only does not touch forwarding.
 * @throws InvalidRequestError for an option of another kind
 * @public @since 0.1.0
 */
export const diffSysctls = (
  desired: DesiredState,
  facts: HostFacts,
  options: SysctlOptions,
): { readonly changes: readonly SysctlChange[]; readonly conflicts: readonly Conflict[] } => {
  checkOptions<SysctlOptions>(options, optionKinds, 'the options of diffSysctls')
  checkArgument(options.writable, flagValue, 'writable in the options of diffSysctls')
  const changes: SysctlChange[] = []
  const conflicts: Conflict[] = []
  const switched: string[] = []
  for (const family of families) {
    const needing = desired.networks.find(
      (network) => subnetOf(network, family) !== null && !network.internal,
    )
    if (needing === undefined) continue
    const name = forwardingSysctl[family]
    const value = facts.sysctls?.[name] ?? null
    if (isOn(value)) continue
    const advertised = family === 'ip6' ? interfacesLosingAdvertisements(facts) : []
    if (options.writable) {
      // This comes before forwarding: the kernel deletes the routes as soon as forwarding is on.
      changes.push(...advertised.flatMap(keepAdvertisements))
      conflicts.push(
        ...advertised.flatMap((one) =>
          one.value === null ? [routerAdvertisementsLost(one.name, one.sysctl, options.wording)] : [],
        ),
      )
      changes.push(
        sysctlChange(
          name,
          value,
          '1',
          `Forward ${familyName[family]} packets: network ${needing.name} needs it.`,
        ),
      )
      if (value !== null) switched.push(name)
    } else {
      conflicts.push(
        forwardingDisabled(
          name,
          value,
          advertised.map(({ sysctl }) => sysctl),
          options.wording,
        ),
      )
    }
  }
  if (switched.length > 0) conflicts.push(hostBecomesRouter(switched, desired.guardForwarding))
  for (const network of desired.networks) {
    if (!desired.mappings.some((mapping) => answersOnLoopback(mapping, network.name))) continue
    if (takerOfBridge(network, desired, facts) !== null) continue
    // If no sysctl may be set, the conflict is reported before the bridge exists.
    if (options.writable && isToCome(network, facts)) continue
    const name = linkSysctlName('ipv4', network.bridge, 'route_localnet')
    const value = facts.sysctls?.[name] ?? null
    if (isOn(value) || isOn(facts.sysctls?.['net.ipv4.conf.all.route_localnet'] ?? null)) continue
    if (options.writable) {
      const why = `Let 127.0.0.1 reach the published ports of network ${network.name}.`
      changes.push(sysctlChange(name, value, '1', why))
    } else {
      conflicts.push(routeLocalnetDisabled(name, value, network.name, options.wording))
    }
  }
  const reversePath = diffReversePath(desired, facts, options)
  return {
    changes: [...changes, ...reversePath.changes],
    conflicts: [...conflicts, ...reversePath.conflicts],
  }
}

const keepAdvertisements = ({ name, sysctl, value }: AdvertisedInterface): readonly SysctlChange[] =>
  value === null
    ? []
    : [
        sysctlChange(
          sysctl,
          value,
          '2',
          `Keep the IPv6 routes that ${name} has from router advertisements, though it forwards.`,
        ),
      ]

/**
 * Is the bridge of an external network still missing? Podman and CNI plugins make it with their first container. Until
 * then there is nothing to set, and the next plan sets it.
 */
const isToCome = ({ external, bridge }: DesiredNetwork, { interfaces }: HostFacts): boolean =>
  external && interfaces !== undefined && !interfaces.some(({ name }) => name === bridge)

const familyName: Record<Family, string> = { ip: 'IPv4', ip6: 'IPv6' }

const isOn = (value: string | null): boolean => value !== null && value !== '0'

const subnetOf = (network: DesiredNetwork, family: Family) => (family === 'ip' ? network.ip : network.ip6)

/** @see Documentation/networking/ip-sysctl.rst `route_localnet`: needed on the interface that 127/8 packets leave by */
const answersOnLoopback = (mapping: DesiredMapping, network: string): boolean =>
  mapping.kind === 'nat' &&
  mapping.family === 'ip' &&
  (mapping.hostAddress === null || mapping.hostAddress.startsWith('127.')) &&
  mapping.targets.some((target) => target.network === network)
