import type { Protocol } from '@portolan/netfilter'
import type { DesiredState } from '../../contract/index.ts'

/**
 * The part of a project that needs a hook to let packets pass. It names what the hook covers, not what asked for it,
 * because a hook in place hides the conflict from a mapping that needs it later.
 * @public @since 0.1.0
 */
export interface HookNeed {
  /** `mapping`: a mapping that leads to the bridge. `network`: the network of the bridge itself. */
  readonly of: 'mapping' | 'network'
  readonly bridge: string
  /** The target of the mapping, or the subnet of the network; null: any. */
  readonly address: string | null
  readonly protocol: Protocol | null
  readonly port: number | null
}

/**
 * Whether a project still has the part that needs a hook.
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
