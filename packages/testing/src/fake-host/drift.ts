import { parseBridgeAlias } from '@portolan/core'
import { printRule } from '@portolan/iptables'
import { InvalidRequestError } from '@portolan/netfilter'
import { dialects, type HostRules, noRules, type RulesOf } from 'portolan/machine'
import { noSuchBridge } from '../check/check-request.ts'
import { checkOneOf, notExpected } from '../check/check-value.ts'
import type { FakeState } from './fake-state.ts'
import { programOf } from './foreign-rules.ts'
import { withLinkChange } from './link-facts.ts'
import { withSysctl } from './sysctl-facts.ts'

/**
 * Changes that other programs make to what Portolan manages on a simulated host. A plan shows the repair, and a watch
 * repairs it when time advances.
 * @example
 * host.drift.flushRuleset()
 * (await host.plan(intent)).changes.length > 0 // true
 * @public @since 0.1.0
 */
export interface Drift {
  /** Acts as `nft flush ruleset`: removes all tables, those of iptables-nft too. */
  flushRuleset(): void
  /** Acts as `iptables -F; iptables -X` of a variant, for every table in both families: policies stay. */
  flushIptables(variant?: 'iptables-nft' | 'iptables-legacy'): void
  /**
   * Deletes every managed rule, and every element of a managed map or set, that has these words in its text.
   * @returns how many were deleted
   * @throws InvalidRequestError when there is none
   */
  deleteRules(words: string): number
  /** Acts as `ip link delete` of a bridge of Portolan: its ports are released. */
  deleteBridge(name: string): void
  /** Acts as `sysctl -w`. */
  setSysctl(name: string, value: string): void
}

export const driftOf = (state: FakeState): Drift => ({
  flushRuleset: () =>
    state.setRules(
      { ...state.rules, nftables: noRules.nftables, 'iptables-nft': noRules['iptables-nft'] },
      programOf('nft'),
    ),
  flushIptables: (variant = 'iptables-nft') => {
    checkOneOf(variant, ['iptables-nft', 'iptables-legacy'], 'drift.flushIptables(variant)')
    const before = state.rules[variant]
    const tables = before.tables.map((table) => ({
      ...table,
      chains: table.chains.flatMap((chain) => (chain.kind === 'user' ? [] : [{ ...chain, rules: [] }])),
    }))
    state.setRules({ ...state.rules, [variant]: { ...before, tables } }, programOf('iptables'))
  },
  deleteRules: (words) => {
    if (typeof words !== 'string' || words === '')
      throw notExpected('drift.deleteRules(words)', 'expected words of the rules', words)
    const { rules, count } = withoutWords(state.rules, words)
    if (count === 0)
      throw new InvalidRequestError(
        `no rule of Portolan's on this host has the words ${JSON.stringify(words)}: print host.text() to see them.`,
      )
    state.setRules(rules, programOf('nft'))
    return count
  },
  deleteBridge: (name) => {
    const bridges = bridgesOf(state)
    if (!bridges.includes(name)) throw noSuchBridge(name, bridges)
    state.setFacts(withLinkChange(state.facts, { kind: 'delete-bridge', name }))
  },
  setSysctl: (name, value) => {
    if (typeof name !== 'string' || !/^[a-z]\w*\./.test(name))
      throw notExpected('drift.setSysctl(name)', 'expected a name such as "net.ipv4.ip_forward"', name)
    if (typeof value !== 'string')
      throw notExpected('drift.setSysctl(name, value)', 'expected the value as a text, such as "0"', value)
    state.setFacts(withSysctl(state.facts, name, value))
  },
})

const bridgesOf = ({ facts }: FakeState): readonly string[] =>
  (facts.interfaces ?? []).flatMap(({ name, alias }) =>
    name === undefined || parseBridgeAlias(alias) === null ? [] : [name],
  )

const withoutWords = (
  rules: HostRules,
  words: string,
): { readonly rules: HostRules; readonly count: number } => {
  let count = 0
  const isKept = (text: string): boolean => {
    const kept = !text.includes(words)
    if (!kept) count += 1
    return kept
  }
  const nftables = ofNftables(rules.nftables, isKept)
  const nft = ofIptables('iptables-nft', rules['iptables-nft'], isKept)
  const legacy = ofIptables('iptables-legacy', rules['iptables-legacy'], isKept)
  return { rules: { ...rules, nftables, 'iptables-nft': nft, 'iptables-legacy': legacy }, count }
}

type Keeps = (text: string) => boolean

const ofNftables = (rules: RulesOf<'nftables'>, isKept: Keeps): RulesOf<'nftables'> => {
  const own = dialects.nftables.ours(rules).tables
  return {
    ...rules,
    tables: rules.tables.map((table) =>
      own.some(({ family, name }) => family === table.family && name === table.name)
        ? {
            ...table,
            sets: table.sets.map((set) => ({
              ...set,
              elements: set.elements.filter((element) => isKept(JSON.stringify(element))),
            })),
            chains: table.chains.map((chain) => ({
              ...chain,
              rules: chain.rules.filter((rule) => isKept(JSON.stringify(rule))),
            })),
          }
        : table,
    ),
  }
}

type IptablesBackend = 'iptables-nft' | 'iptables-legacy'

/** Filters the managed rules: those in a managed chain, and those that lead to one. */
const ofIptables = <One extends IptablesBackend>(
  backend: One,
  rules: RulesOf<One>,
  isKept: Keeps,
): RulesOf<One> => {
  const own = dialects[backend].ours(rules).tables
  return {
    ...rules,
    tables: rules.tables.map((table) => {
      const twin = own.find(({ family, name }) => family === table.family && name === table.name)
      return {
        ...table,
        chains: table.chains.map((chain) => {
          const ours = new Set(
            (twin?.chains.find(({ name }) => name === chain.name)?.rules ?? []).map((rule) =>
              printRule(rule),
            ),
          )
          return {
            ...chain,
            rules: chain.rules.filter((rule) => !ours.has(printRule(rule)) || isKept(printRule(rule))),
          }
        }),
      }
    }),
  }
}
