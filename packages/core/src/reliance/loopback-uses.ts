import type { HostFacts, NatStep, NetfilterRule, NetfilterRuleset, ValueRange } from '@portolan/netfilter'
import { firstAddress, lastAddress, type Prefix, tryParsePrefix } from '@portolan/netfilter'
import { foreignRulesAt } from './foreign-rules-at.ts'
import { distinctUses, ruleText, type SysctlUse } from './sysctl-use.ts'

/**
 * Lists what may rely on `route_localnet` of an interface: foreign rules that translate this host's own packets from a
 * destination in 127.0.0.0/8 to an address behind that interface. Docker without its proxy writes such rules, and so do
 * netavark and the CNI plugin portmap.
 *
 * @see Documentation/networking/ip-sysctl.rst `route_localnet`
 * @example
 * loopbackUses('docker0', { interfaces: [{ name: 'docker0', addresses: ['172.17.0.1/16'] }] }, []) // []
 * @public @since 0.1.0
 */
export const loopbackUses = (
  interfaceName: string,
  { interfaces = [] }: HostFacts,
  rulesets: readonly NetfilterRuleset[],
): readonly SysctlUse[] => {
  const { addresses = [] } = interfaces.find(({ name }) => name === interfaceName) ?? {}
  const behind = addresses
    .flatMap((text) => tryParsePrefix(text) ?? [])
    .filter(({ family }) => family === 'ip')
  return distinctUses(
    foreignRulesAt(rulesets, {
      family: 'ip',
      at: ({ type, hook }) => type === 'nat' && hook === 'output',
      mayMatch: mayMatchLoopback,
    }).flatMap(({ rule, owner }): readonly SysctlUse[] =>
      rule.steps.some((step) => step.kind === 'nat' && mayLeadTo(step, behind))
        ? [{ kind: 'translation', owner, text: ruleText(rule.source) }]
        : [],
    ),
  )
}

const loopback: ValueRange = { first: 0x7f000000, last: 0x7fffffff }

/** False for a rule that only matches destinations outside 127.0.0.0/8, such as Docker's jump while its proxy runs. */
const mayMatchLoopback = ({ steps }: NetfilterRule): boolean =>
  steps.every((step) => {
    if (step.kind !== 'compare' || step.values.kind !== 'ranges') return true
    if (step.expression.kind !== 'field' || step.expression.field !== 'daddr') return true
    const { ranges } = step.values
    return step.negated
      ? !ranges.some(({ first, last }) => first <= loopback.first && last >= loopback.last)
      : ranges.some(({ first, last }) => first <= loopback.last && last >= loopback.first)
  })

const mayLeadTo = ({ type, address }: NatStep, prefixes: readonly Prefix[]): boolean => {
  if (type !== 'dnat') return false
  if (address?.kind !== 'range') return address !== null
  return prefixes.some((prefix) => {
    const [low, high] = [firstAddress(prefix).value, lastAddress(prefix).value]
    return address.first <= high && address.last >= low
  })
}
