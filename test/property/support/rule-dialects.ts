import type { DesiredState, Mended, MendOptions, OwnedNetwork, PublishedPort } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { iptablesStructure, nftStructure, type Structure } from './structure.ts'

/** The operations that both dialects have for rulesets, under common names. */
export interface RuleDialect<Rules> {
  readonly empty: Rules
  readonly compile: (desired: DesiredState) => Rules
  readonly adopt: (actual: Rules, desired: DesiredState | null, project: string) => Rules
  readonly mend: (actual: Rules, options: MendOptions<Rules>) => Mended<Rules>
  readonly isWhole: (actual: Rules, networks: readonly OwnedNetwork[]) => boolean
  readonly published: (rules: Rules) => readonly PublishedPort[]
  readonly structure: (rules: Rules) => Structure
  /**
   * The ruleset without the parts that have these numbers. The mappings of one map or chain are one part: a single
   * missing mapping looks as if it had been unpublished.
   */
  readonly without: (rules: Rules, parts: readonly number[]) => Rules
}

const labels = { labels: true }

/** A function that says for each part in turn whether it is removed. Numbers count modulo 97. */
const removal = (parts: readonly number[]): (() => boolean) => {
  const gone = new Set(parts)
  let at = -1
  return () => {
    at += 1
    return gone.has(at % 97)
  }
}

const withoutAll = <Part>(parts: readonly Part[], goes: () => boolean): readonly Part[] =>
  goes() ? [] : parts

export const nftDialect: RuleDialect<nftables.Ruleset> = {
  empty: nftables.emptyRuleset,
  compile: nftables.compile,
  adopt: nftables.adopt,
  mend: nftables.mend,
  isWhole: nftables.isWhole,
  published: nftables.published,
  structure: (rules) => nftStructure(rules, labels),
  without: (rules, parts) => {
    const goes = removal(parts)
    return {
      ...rules,
      tables: rules.tables.map((table) => ({
        ...table,
        sets: table.sets.map((set) => ({
          ...set,
          elements: /^(dnat|balanced|bound)[46]/.test(set.name)
            ? withoutAll(set.elements, goes)
            : set.elements.filter(() => !goes()),
        })),
        chains: table.chains
          .filter(() => !goes())
          .map((chain) => ({ ...chain, rules: chain.rules.filter(() => !goes()) })),
      })),
    }
  },
}

export const iptablesDialect: RuleDialect<iptables.Ruleset> = {
  empty: iptables.emptyRuleset,
  compile: iptables.compile,
  adopt: iptables.adopt,
  mend: iptables.mend,
  isWhole: (rules, networks) => iptables.wholeFamilies(rules, networks).length === 2,
  published: iptables.published,
  structure: (rules) => iptablesStructure(rules, labels),
  without: (rules, parts) => {
    const goes = removal(parts)
    return {
      ...rules,
      tables: rules.tables
        .filter(() => !goes())
        .map((table) => ({
          ...table,
          chains: table.chains
            .filter(() => !goes())
            .map((chain) => ({
              ...chain,
              rules: chain.name.startsWith('PORTOLAN-DNAT')
                ? withoutAll(chain.rules, goes)
                : chain.rules.filter(() => !goes()),
            })),
        })),
    }
  },
}
