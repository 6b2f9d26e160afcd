import fc from 'fast-check'
import { flow } from './flow.ts'
import type { RuleTexts } from './host-rules.ts'
import { iptablesRuleset } from './iptables-ruleset.ts'
import { nftRuleset } from './nft-ruleset.ts'
import type { Trial } from './trial.ts'

const none = fc.constant(null)

export type Mix = 'nftables' | 'iptables-nft' | 'iptables-legacy' | 'all together'

const texts = (mix: Mix): fc.Arbitrary<RuleTexts> => {
  const together = mix === 'all together'
  const some = <T>(present: boolean, value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
    together ? fc.option(value) : present ? value : none
  return fc.record({
    nft: some(mix === 'nftables', nftRuleset),
    'iptables-nft': some(mix === 'iptables-nft', iptablesRuleset('ip')),
    'ip6tables-nft': some(mix === 'iptables-nft', iptablesRuleset('ip6')),
    'iptables-legacy': some(mix === 'iptables-legacy', iptablesRuleset('ip')),
    'ip6tables-legacy': some(mix === 'iptables-legacy', iptablesRuleset('ip6')),
  })
}

/** Random rulesets of the given tools, with so many flows for each. */
export const trials = (mix: Mix, flows: number): fc.Arbitrary<Trial> =>
  fc.record({
    bridgeNf: fc.constantFrom(0 as const, 1 as const),
    rules: texts(mix),
    flows: fc.array(flow, { minLength: flows, maxLength: flows }),
  })
