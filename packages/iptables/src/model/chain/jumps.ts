import {
  acceptForwarded,
  destination,
  forward,
  input,
  output,
  prerouting,
  source,
} from '../../compile/object-name.ts'
import { comment, jump, rule, toLocal } from '../build.ts'
import type { Rule } from '../ruleset.ts'

/** The one rule by which a built-in chain hands packets to us. */
export interface Jump {
  readonly table: 'mangle' | 'filter' | 'nat'
  readonly chain: string
  readonly to: string
  /** `last` where an accept of ours must beat nothing but the policy. */
  readonly place: 'first' | 'last'
  readonly rule: Rule
}

const note = comment('portolan')

/** Every jump we ever make, in the order of tables that `compile` writes. */
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

/** Where our jump stands among the rules of a built-in chain. */
export const placeOf = (table: string, chain: string): 'first' | 'last' =>
  jumps.find((one) => one.table === table && one.chain === chain)?.place ?? 'first'
