import {
  addressType,
  bitwise,
  compare,
  conntrackState,
  conntrackStatus,
  field,
  type NetfilterChain,
  type NetfilterRule,
  type NetfilterRuleset,
  type NetfilterTable,
  named,
  oneOf,
  type Step,
  tryParseHostOrPrefix,
  type ValueSet,
  verdict,
} from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import { prefixRange, rangesOf } from '@portolan/netfilter/analysis'

/** A rule that a remedy adds to a chain, with its place. */
export interface Insertion {
  readonly table: NetfilterTable
  readonly chain: string
  /** The rule that it comes in front of; null: it comes at the end. */
  readonly before: NetfilterRule | null
  readonly rule: NetfilterRule
}

/**
 * Makes the rule that accepts a passage, as the evaluator reads it.
 *
 * @param isTracked - false: connection tracking has not seen the packet at that point, so the rule matches no state
 */
export const acceptPassage = (
  table: NetfilterTable,
  chain: string,
  passage: Passage,
  isTracked = true,
): NetfilterRule => ruleOf(table, chain, [...matchesOf(passage, isTracked), verdict('accept')])

/** Makes the rule that refuses a passage. */
export const refusePassage = (table: NetfilterTable, chain: string, passage: Passage): NetfilterRule =>
  ruleOf(table, chain, [...matchesOf(passage, true), { kind: 'reject', with: null }])

const ruleOf = (table: NetfilterTable, chain: string, steps: readonly Step[]): NetfilterRule => ({
  source: {
    tool: table.tool,
    family: table.family,
    table: table.name,
    chain,
    position: 0,
    handle: null,
    text: 'the rule of a remedy',
    comment: null,
    counters: null,
  },
  steps,
})

/** nft numbers the families as sockets do (AF_INET, AF_INET6). */
const nfproto = { ip: 2, ip6: 10 } as const

const matchesOf = (passage: Passage, isTracked: boolean): readonly Step[] => {
  const { family, protocol, source, destination, sourcePort, destinationPort, answers } = passage
  const { translated = false } = passage
  const protocols = protocol === null ? null : [protocol]
  return [
    compare(field('nfproto'), oneOf(nfproto[family])),
    ...(passage.in === null ? [] : [compare(field('iifname'), named(passage.in))]),
    ...(passage.out === null ? [] : [compare(field('oifname'), named(passage.out))]),
    ...(protocol === null ? [] : [compare(field('l4proto'), oneOf(protocol))]),
    ...(source === null ? [] : [compare(field('saddr', { family }), valuesOf(source))]),
    ...(destination === null
      ? []
      : destination === 'local'
        ? [
            compare(
              { kind: 'fib', of: 'daddr', result: 'type', limit: null, mark: false },
              oneOf(addressType.local),
            ),
          ]
        : [compare(field('daddr', { family }), valuesOf(destination))]),
    ...(sourcePort === null ? [] : [compare(field('sport', { protocols }), oneOf(sourcePort))]),
    ...(destinationPort === null ? [] : [compare(field('dport', { protocols }), oneOf(destinationPort))]),
    ...(answers && isTracked
      ? [
          compare(
            bitwise(
              'and',
              { kind: 'conntrack', key: 'state' },
              conntrackState.established | conntrackState.related,
            ),
            oneOf(0),
            true,
          ),
        ]
      : []),
    ...(translated && isTracked
      ? [compare(bitwise('and', { kind: 'conntrack', key: 'status' }, conntrackStatus.dnat), oneOf(0), true)]
      : []),
  ]
}

const valuesOf = (text: string): ValueSet => {
  const prefix = tryParseHostOrPrefix(text)
  const range = prefix === null ? null : prefixRange(prefix)
  return {
    kind: 'ranges',
    ranges: range === null ? [] : rangesOf(range),
  }
}

/** Adds rules to rulesets. */
export const withInsertions = (
  rulesets: readonly NetfilterRuleset[],
  insertions: readonly Insertion[],
): readonly NetfilterRuleset[] => {
  const byTable = new Map<NetfilterTable, Insertion[]>()
  for (const one of insertions) byTable.set(one.table, [...(byTable.get(one.table) ?? []), one])
  return rulesets.map(({ tables }) => ({
    tables: tables.map((table) => {
      const own = byTable.get(table)
      return own === undefined
        ? table
        : { ...table, chains: table.chains.map((chain) => withRules(chain, own)) }
    }),
  }))
}

const withRules = (chain: NetfilterChain, insertions: readonly Insertion[]): NetfilterChain => {
  const own = insertions.filter((one) => one.chain === chain.name)
  if (own.length === 0) return chain
  const before = new Map<NetfilterRule | null, NetfilterRule[]>()
  for (const one of own) before.set(one.before, [...(before.get(one.before) ?? []), one.rule])
  return {
    ...chain,
    rules: [
      ...chain.rules.flatMap((rule) => [...(before.get(rule) ?? []), rule]),
      ...(before.get(null) ?? []),
    ],
  }
}
