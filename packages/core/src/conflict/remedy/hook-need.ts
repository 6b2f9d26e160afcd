import type { Protocol } from '@portolan/netfilter'
import type { DesiredState } from '../../contract/index.ts'

/**
 * What of a project needs that a hook lets packets pass. It says what the hook covers rather than what asked for it: a hook
 * in place hides the conflict from a mapping that comes to need it later.
 * @public @since 0.1.0
 */
export interface HookNeed {
  /** `mapping`: one that leads to the bridge. `network`: the network of the bridge itself. */
  readonly of: 'mapping' | 'network'
  readonly bridge: string
  /** The target of the mapping, or the subnet of the network; null: whichever. */
  readonly address: string | null
  readonly protocol: Protocol | null
  readonly port: number | null
}

/**
 * Whether a project still has what needs a hook.
 *
 * @example
 * isNeeded({ of: 'network', bridge: 'br-web', address: null, protocol: null, port: null }, desired) // true
 * @public @since 0.1.0
 */
export const isNeeded = (need: HookNeed, { networks, mappings }: DesiredState): boolean => {
  const { address, protocol, port } = need
  const there = networks.filter(({ bridge }) => bridge === need.bridge)
  if (need.of === 'network')
    return there.some(({ ip, ip6 }) => address === null || ip?.subnet === address || ip6?.subnet === address)
  const names = new Set(there.map(({ name }) => name))
  return mappings.some(
    (mapping) =>
      (protocol === null || mapping.protocol === protocol) &&
      mapping.targets.some(
        (target) =>
          names.has(target.network) &&
          (address === null || target.address === address) &&
          (port === null || target.port === port),
      ),
  )
}
