import type { Culprit } from '@portolan/core'
import type { NetfilterChain, NetfilterRuleset, NetfilterTable } from '@portolan/netfilter'

/** A culprit as one line of text. */
export const place = ({ tool, family, table, chain, text }: Omit<Culprit, 'counters'>): string =>
  [tool, family, table, chain, text].join(' ')

/** The rules of a host without the culprits. A policy that is a culprit becomes ACCEPT. */
export const withoutCulprits = (
  rulesets: readonly NetfilterRuleset[],
  culprits: readonly Culprit[],
): readonly NetfilterRuleset[] => {
  const blamed = new Set(culprits.map(place))
  return rulesets.map(({ tables }) => ({
    tables: tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => strip(table, chain, blamed)),
    })),
  }))
}

const strip = (
  { tool, family, name: table }: NetfilterTable,
  chain: NetfilterChain,
  blamed: ReadonlySet<string>,
): NetfilterChain => {
  const { name, base, rules } = chain
  const isBlamed = (text: string): boolean => blamed.has([tool, family, table, name, text].join(' '))
  const closes = isBlamed(tool === 'nft' ? 'policy drop' : `-P ${name} DROP`)
  return {
    ...chain,
    base: base !== null && closes ? { ...base, policy: 'accept' } : base,
    rules: rules.filter(({ source }) => !isBlamed(source.text)),
  }
}
