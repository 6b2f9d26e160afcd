import {
  formatAddress,
  type NatOperand,
  type NatStep,
  type NetfilterRuleset,
  type ValueRange,
} from '@portolan/netfilter'

/** A rule that spreads flows over more addresses than this is not written for containers, and is left out. */
const mostAddresses = 256

/**
 * The addresses to which rules translate a destination (DNAT), including addresses in maps. A container is at each of
 * them.
 *
 * @param rulesets - of this host, as `lowerRules` gives them
 * @internal
 */
export const translatedAddresses = (rulesets: readonly NetfilterRuleset[]): readonly string[] => {
  const found = new Set<string>()
  for (const { tables } of rulesets)
    for (const { chains } of tables)
      for (const { rules } of chains)
        for (const { steps } of rules)
          for (const step of steps)
            if (step.kind === 'nat' && step.type === 'dnat' && !step.netmap)
              for (const range of rangesOf(step)) for (const address of addressesIn(range)) found.add(address)
  return [...found]
}

const rangesOf = ({ address }: NatStep): readonly ValueRange[] => (address === null ? [] : valuesOf(address))

const valuesOf = (operand: NatOperand): readonly ValueRange[] => {
  if (operand.kind === 'range') return [operand]
  const { expression } = operand
  if (expression.kind === 'constant')
    return typeof expression.value === 'string' ? [] : [{ first: expression.value, last: expression.value }]
  if (expression.kind !== 'map') return []
  const { elements, otherwise } = expression.table
  return [...elements.map(({ data }) => data), otherwise].flatMap((data) =>
    data?.kind === 'values' ? (data.values[expression.part] ?? []) : [],
  )
}

/** An IPv6 address is a bigint, an IPv4 address a number. */
const addressesIn = ({ first, last }: ValueRange): readonly string[] => {
  const size = BigInt(last) - BigInt(first) + 1n
  if (size > BigInt(mostAddresses) || size < 1n) return []
  return Array.from({ length: Number(size) }, (_, at) =>
    typeof first === 'bigint'
      ? formatAddress({ family: 'ip6', value: first + BigInt(at) })
      : formatAddress({ family: 'ip', value: first + at }),
  )
}
