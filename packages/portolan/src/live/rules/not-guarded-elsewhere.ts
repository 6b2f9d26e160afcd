import type { OwnedNetwork } from '@portolan/core'
import { type Backend, backends } from '../../backend/backend.ts'
import type { RulesByBackend } from '../../backend/dialects.ts'
import { guardedBridges } from '../../host-rules/guarded-bridges.ts'

/**
 * The networks that no other backend guards.
 *
 * @param guarded - the bridges for which this backend has rules
 * @example
 * notGuardedElsewhere('nftables', networks, [], noRules) // networks
 * @public @since 0.1.0
 */
export const notGuardedElsewhere = (
  backend: Backend,
  networks: readonly OwnedNetwork[],
  guarded: readonly string[],
  rules: RulesByBackend,
): readonly OwnedNetwork[] => {
  const elsewhere = new Set(
    backends.filter((one) => one !== backend).flatMap((one) => guardedBridges(one, rules)),
  )
  return networks.filter(({ network: { bridge } }) => guarded.includes(bridge) || !elsewhere.has(bridge))
}
