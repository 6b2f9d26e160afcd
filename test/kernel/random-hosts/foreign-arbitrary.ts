import fc from 'fast-check'
import type { RuleTexts } from '../differential/host-rules.ts'
import { iptablesRuleset } from '../differential/iptables-ruleset.ts'
import { nftRuleset } from '../differential/nft-ruleset.ts'
import { plantedIptables } from './planted-iptables.ts'
import { plantedNft } from './planted-nft.ts'

export type Mix = 'nftables' | 'iptables-nft' | 'iptables-legacy' | 'all together'

/** Mostly a few rules that match the project's packets, so that some of its traffic passes; sometimes any rules. */
const mostly = (planted: fc.Arbitrary<string>, any: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: planted }, { weight: 1, arbitrary: any })

const none = fc.constant(null)

/** Random foreign rules. */
export const foreignRules = (mix: Mix): fc.Arbitrary<RuleTexts> => {
  const together = mix === 'all together'
  const some = <T>(present: boolean, value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
    together ? fc.option(value, { freq: 2 }) : present ? value : none
  const iptables = (family: 'ip' | 'ip6') => mostly(plantedIptables(family), iptablesRuleset(family))
  return fc.record({
    nft: some(mix === 'nftables', mostly(plantedNft, nftRuleset)),
    'iptables-nft': some(mix === 'iptables-nft', iptables('ip')),
    'ip6tables-nft': some(mix === 'iptables-nft', iptables('ip6')),
    'iptables-legacy': some(mix === 'iptables-legacy', iptables('ip')),
    'ip6tables-legacy': some(mix === 'iptables-legacy', iptables('ip6')),
  })
}
