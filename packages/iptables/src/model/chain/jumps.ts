import { comment, jump, rule, toLocal } from '../build.ts'
import { acceptForwarded, destination, forward, input, output, prerouting, source } from '../object-name.ts'
import type { Rule } from '../ruleset.ts'

/** The one rule in a built-in chain that leads to a chain of ours. */
export interface Jump {
  readonly table: 'mangle' | 'filter' | 'nat'
  readonly chain: string
  readonly to: string
  /** `last`: our accepts come after foreign rules that refuse packets, so that they overrule only the policy. */
  readonly place: 'first' | 'last'
  readonly rule: Rule
}

const note = comment('portolan')

/** All jumps that `compile` makes, in the order of its tables. */
export const jumps: readonly Jump[] = [
  {
    table: 'mangle',
    chain: 'PREROUTING',
    to: prerouting,
    place: 'first',
    rule: rule([note], jump(prerouting)),
  },
  { table: 'mangle', chain: 'INPUT', to: input, place: 'first', rule: rule([note], jump(input)) },
  { table: 'mangle', chain: 'FORWARD', to: forward, place: 'first', rule: rule([note], jump(forward)) },
  {
    table: 'filter',
    chain: 'FORWARD',
    to: acceptForwarded,
    place: 'last',
    rule: rule([note], jump(acceptForwarded)),
  },
  {
    table: 'nat',
    chain: 'PREROUTING',
    to: destination,
    place: 'first',
    rule: rule([toLocal, note], jump(destination)),
  },
  { table: 'nat', chain: 'OUTPUT', to: output, place: 'first', rule: rule([toLocal, note], jump(output)) },
  { table: 'nat', chain: 'POSTROUTING', to: source, place: 'first', rule: rule([note], jump(source)) },
]

/** The place of our jump among the rules of a built-in chain. */
export const placeOf = (table: string, chain: string): 'first' | 'last' =>
  jumps.find((one) => one.table === table && one.chain === chain)?.place ?? 'first'
