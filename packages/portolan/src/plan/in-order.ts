import type { LinkChange } from '@portolan/core'
import type { PlanChange } from './plan.ts'

/** The changes of a plan, grouped by what they change. */
interface ChangesByKind {
  readonly links: readonly PlanChange[]
  readonly rules: readonly PlanChange[]
  readonly unneededFixes: readonly PlanChange[]
  readonly sysctls: readonly PlanChange[]
}

/**
 * Puts changes in an order in which no step leaves the host more open than before. Bridges are removed before the rules
 * that guard them, and created after those rules. Forwarding is switched on last. VLAN links come before everything
 * else, because a kernel may lack them (CONFIG_VLAN_8021Q). A plan that fails there changes nothing.
 *
 * @internal
 */
export const inOrder = ({ links, rules, unneededFixes, sysctls }: ChangesByKind): readonly PlanChange[] => {
  const vlans = links.filter(isOfVlan)
  const others = vlans.length === 0 ? links : links.filter((change) => !isOfVlan(change))
  return [
    ...vlans,
    ...others.filter(({ action }) => action === 'remove'),
    ...rules,
    // A fix serves its mapping until the rules of the mapping are gone.
    ...unneededFixes,
    ...others.filter(({ action }) => action !== 'remove'),
    ...sysctls,
  ]
}

const needsVlans: ReadonlySet<LinkChange['operation']['kind']> = new Set(['create-vlan', 'set-vlan-up'])

const isOfVlan = (change: PlanChange): boolean =>
  change.part === 'link' && needsVlans.has(change.operation.kind)
