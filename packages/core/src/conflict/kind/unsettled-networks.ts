import type { Conflict, ConflictKind } from '../conflict.ts'

/** Conflicts that keep a network from being as planned, whatever the rules are. */
const unsettling: readonly ConflictKind[] = ['SubnetOverlap', 'BridgeNameTaken', 'BridgeDown']

/**
 * Lists the networks that cannot be as planned: their subnet overlaps the host, the name of their bridge is taken, or
 * the bridge of another program is down. Failures of their packets follow from that and are not conflicts of their own.
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
