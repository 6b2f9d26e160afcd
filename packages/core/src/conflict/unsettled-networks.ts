import type { Conflict, ConflictKind } from './conflict.ts'

/** Conflicts after which a network cannot be as it is planned, whatever the rules are. */
const unsettling: readonly ConflictKind[] = ['SubnetOverlap', 'BridgeNameTaken', 'BridgeDown']

/**
 * The networks that cannot be as planned: their subnet overlaps the host, their bridge's name is
 * taken, or the bridge of another program is down. What becomes
 * of their packets follows from that, and is no conflict of its own.
 *
 * @param conflicts - as `resolve` gives them
 * @example
 * const { desired, conflicts } = resolve(intent, facts)
 * findConflicts(desired, facts, rulesets, { unsettled: unsettledNetworks(conflicts) })
 * @public @since 0.1.0
 */
export const unsettledNetworks = (conflicts: readonly Conflict[]): readonly string[] => [
  ...new Set(
    conflicts.flatMap(({ kind, severity, network }) =>
      severity === 'error' && network !== null && unsettling.includes(kind) ? [network] : [],
    ),
  ),
]
