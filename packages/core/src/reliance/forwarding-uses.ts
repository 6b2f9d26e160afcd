import type { Expression, NetfilterRule, NetfilterRuleset, Step } from '@portolan/netfilter'
import { type Family, familyOf, type HostFacts, type InterfaceFact } from '@portolan/netfilter'
import { parseBridgeAlias } from '../contract/index.ts'
import { engineOfInterface } from '../engine/index.ts'
import { foreignRulesAt } from './foreign-rules-at.ts'
import { forwardingLinks } from './forwarding-links.ts'
import { distinctUses, ruleText, type SysctlUse } from './sysctl-use.ts'

/**
 * Lists what may rely on a family's forwarding: foreign bridges, other interfaces that came later, foreign
 * translations, foreign rules that filter forwarded packets. Engines switch forwarding on when it is off, and record
 * nothing when it is on already. So the sysctl alone does not show which programs came after Portolan switched it on.
 *
 * @param earlier - the indexes of the interfaces that were there while forwarding was off; null: not known
 * @returns empty when only Portolan needs forwarding, as far as the facts and rules tell
 * @see moby `libnetwork/drivers/bridge/setup_ip_forwarding_linux.go`, netavark `src/network/core_utils.rs`
 * @example
 * forwardingUses('ip', { interfaces: [{ name: 'docker0', kind: 'bridge', addresses: ['172.17.0.1/16'] }] }, [])
 * // [{ kind: 'bridge', owner: 'docker', text: 'docker0' }]
 * @public @since 0.1.0
 */
export const forwardingUses = (
  family: Family,
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  earlier: readonly number[] | null = null,
): readonly SysctlUse[] =>
  distinctUses([
    ...(facts.interfaces ?? [])
      .filter((link) => routesTo(link, family))
      .map(({ name = '' }): SysctlUse => ({ kind: 'bridge', owner: ownerOfBridge(name, facts), text: name })),
    ...forwardingLinks(family, facts, earlier),
    ...foreignRulesAt(rulesets, {
      family,
      at: ({ type, hook }) => type === 'nat' && hook !== 'input',
    }).flatMap(({ rule, owner }): readonly SysctlUse[] =>
      rule.steps.some(translatesForwarded)
        ? [{ kind: 'translation', owner, text: ruleText(rule.source) }]
        : [],
    ),
    ...foreignRulesAt(rulesets, { family, at: ({ hook }) => hook === 'forward' }).flatMap(
      ({ rule, owner }): readonly SysctlUse[] =>
        judgesForwarded(rule) ? [{ kind: 'forward', owner, text: ruleText(rule.source) }] : [],
    ),
  ])

/**
 * Whether the host routes packets to a foreign bridge. A bridge without an address of the family only switches frames.
 */
const routesTo = ({ kind, alias, addresses = [] }: InterfaceFact, family: Family): boolean =>
  kind === 'bridge' &&
  parseBridgeAlias(alias) === null &&
  addresses.some((address) => {
    const [bare = ''] = address.split('/')
    return familyOf(bare) === family && !/^fe[89ab]/i.test(bare)
  })

const ownerOfBridge = (name: string, { networks = [] }: HostFacts): string | null =>
  networks.find(({ bridge }) => bridge === name)?.engine ?? engineOfInterface(name)

/** A redirect leads to this host itself, so it needs no forwarding. */
const translatesForwarded = (step: Step): boolean => step.kind === 'nat' && step.type !== 'redirect'

/**
 * Whether a rule shows that forwarded traffic is wanted. A rule that drops every packet does not show it. A rule that
 * accepts packets, or that drops only some, does.
 */
const judgesForwarded = ({ steps }: NetfilterRule): boolean =>
  steps.some(letsPass) || (steps.some(stops) && steps.some(isSelective))

const letsPass = (step: Step): boolean => {
  if (step.kind === 'verdict') return step.verdict.kind === 'accept' || step.verdict.kind === 'stolen'
  if (step.kind !== 'dispatch') return step.kind === 'unknown-action'
  return step.table.elements.some(({ data }) => data.kind === 'verdict' && data.verdict.kind === 'accept')
}

const stops = (step: Step): boolean =>
  step.kind === 'reject' || (step.kind === 'verdict' && step.verdict.kind === 'drop')

/**
 * Whether a match looks at more than the connection: `ct state invalid drop` is routine and shows no wanted traffic.
 */
const isSelective = (step: Step): boolean => {
  if (step.kind === 'compare') return isNarrow(step.expression)
  if (step.kind === 'any-of') return step.alternatives.some((matches) => matches.some(isSelective))
  return step.kind === 'lookup' && step.key.some(isNarrow)
}

/** Family, protocol and connection state do not narrow a rule: every packet has them. */
const isNarrow = (expression: Expression): boolean => {
  if (expression.kind === 'bitwise') return isNarrow(expression.left) || isNarrow(expression.right)
  if (expression.kind === 'field') return expression.field !== 'nfproto' && expression.field !== 'l4proto'
  return expression.kind !== 'conntrack' && expression.kind !== 'constant'
}
