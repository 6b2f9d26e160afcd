import type { Links } from '@portolan/host'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from '../plan/plan.ts'
import { changedRules } from './is-stale.ts'

/** An apply that failed after some of its changes. */
interface CutShort {
  /** The changes that were carried out, in order. */
  readonly applied: readonly PlanChange[]
  readonly rules: HostRules
  /** Reads the rules as they are now. */
  readonly readNow: () => Promise<HostRules>
  readonly links: Pick<Links, 'addAddress'>
}

/**
 * Gives bridges back the addresses that a failed apply removed. With unchanged rules, the networks then work as before.
 * Once rules changed, no address comes back: the new rules belong to the new addresses.
 *
 * @returns the changes that are still in force
 */
export const putAddressesBack = async ({
  applied,
  rules,
  readNow,
  links,
}: CutShort): Promise<readonly PlanChange[]> => {
  const isOfRules = applied.some(({ part }) => part !== 'link')
  if (isOfRules || !applied.some(takesAddress)) return applied
  try {
    if (changedRules(rules, await readNow()) !== null) return applied
  } catch {
    // Rules that cannot be read may have changed.
    return applied
  }
  const left: PlanChange[] = []
  for (const change of applied)
    if (!(takesAddress(change) && (await isBack(change, links)))) left.push(change)
  return left
}

const takesAddress = (change: PlanChange): boolean =>
  change.part === 'link' && change.operation.kind === 'remove-address'

const isBack = async ({ part, operation }: PlanChange, links: CutShort['links']): Promise<boolean> => {
  if (part !== 'link' || operation.kind !== 'remove-address') return false
  try {
    await links.addAddress(operation.name, operation.address)
    return true
  } catch {
    // The first error is the one to report. This change stays in the list of changes in force.
    return false
  }
}
