import type { NetfilterRuleset, Step } from '@portolan/netfilter'
import { base, chain, iif, ruleset, table } from '../../../../../../netfilter/test/evaluate/model.ts'

export { base, drop, from, iif, ruleset, table } from '../../../../../../netfilter/test/evaluate/model.ts'

interface Own {
  readonly rules: readonly (readonly Step[])[]
  readonly chains?: readonly { readonly name: string; readonly rules: readonly (readonly Step[])[] }[]
}

/** A table of Portolan's. */
export const ownTable = ({ rules, chains = [] }: Own): NetfilterRuleset =>
  ruleset(
    table(
      { name: 'portolan' },
      base('forward', 0, {}, ...rules),
      ...chains.map(({ name, rules: own }) => chain(name, ...own)),
    ),
  )

/** Leads packets from a bridge to the bridge's own chain. */
export const jumpToOwn = (bridge: string): readonly Step[] => [
  iif(bridge),
  { kind: 'verdict', verdict: { kind: 'jump', chain: `to_${bridge}` } },
]
