import type { LinkChange } from '@portolan/core'
import type { PlanChange } from './plan.ts'

/** The changes of a plan by what they change. */
interface ChangesByKind {
  readonly links: readonly PlanChange[]
  readonly rules: readonly PlanChange[]
  readonly unneededFixes: readonly PlanChange[]
  readonly sysctls: readonly PlanChange[]
}

/**
 * In this order no moment is more open than the one before: bridges go before the rules that guard them, and come after;
 * forwarding is switched on last. VLAN links guard nothing, and a kernel may have none (CONFIG_VLAN_8021Q): before all
 * else, so that a plan which cannot be carried out there changes nothing.
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
    // What another program lets pass serves until its mapping is gone.
    ...unneededFixes,
    ...others.filter(({ action }) => action !== 'remove'),
    ...sysctls,
  ]
}

const needsVlans: ReadonlySet<LinkChange['operation']['kind']> = new Set(['create-vlan', 'set-vlan-up'])

const isOfVlan = (change: PlanChange): boolean =>
  change.part === 'link' && needsVlans.has(change.operation.kind)
