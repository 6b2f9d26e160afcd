import type { NetfilterRule, NetfilterRuleset } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'

/** The addresses that foreign rules may send packets to. */
export interface ForeignTranslations {
  readonly any: boolean
  readonly leadTo: (address: number | bigint) => boolean
}

/** Reads the rules on first use: most hosts have no remedy that needs this, and some have many rules. */
export const foreignTranslations = (rulesets: readonly NetfilterRuleset[]): ForeignTranslations => {
  let known: ForeignTranslations | null = null
  const found = (): ForeignTranslations => {
    known ??= readTranslations(rulesets)
    return known
  }
  return {
    get any() {
      return found().any
    },
    leadTo: (address) => found().leadTo(address),
  }
}

const readTranslations = (rulesets: readonly NetfilterRuleset[]): ForeignTranslations => {
  const ranges: { readonly first: number | bigint; readonly last: number | bigint }[] = []
  let isComputed = false
  for (const { tables } of rulesets)
    for (const table of tables)
      for (const chain of table.chains)
        for (const rule of chain.rules) {
          if (!rule.steps.some(translates) || ownerOf(table, chain, rule) === 'portolan') continue
          for (const step of rule.steps.filter(translates))
            if (step.kind === 'nat' && step.address?.kind === 'range' && !step.netmap)
              ranges.push(step.address)
            else if (step.kind !== 'nat' || step.address !== null) isComputed = true
        }
  return {
    any: isComputed || ranges.length > 0,
    leadTo: (address) => isComputed || ranges.some(({ first, last }) => first <= address && address <= last),
  }
}

const translates = (step: NetfilterRule['steps'][number]): boolean =>
  (step.kind === 'nat' && step.type === 'dnat') ||
  (step.kind === 'set' && (step.target === 'daddr' || step.target === 'dport'))
