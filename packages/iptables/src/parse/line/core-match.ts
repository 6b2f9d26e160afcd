import type { Family } from '@portolan/netfilter'
import type { Match } from '../../model/option/match.ts'
import { prefix } from '../grammar/value/address.ts'
import { protocolName } from '../grammar/value/protocol.ts'
import type { CoreOption } from './core-option.ts'

/**
 * One condition of iptables itself, perhaps with several values: `-s a,b` makes one rule for each address. The kernel
 * does not see the list.
 */
export interface CoreMatch {
  /** The position in the output of iptables-save. */
  readonly rank: number
  /** Null: a match without effect (`-s 0/0`). */
  readonly alternatives: readonly (Match | null)[]
}

const ranks = { source: 0, destination: 1, in: 2, out: 3, protocol: 4, fragment: 5 } as const

const nowhere: Readonly<Record<Family, string>> = { ip: '0.0.0.0/0', ip6: '::/0' }

const addresses = (
  kind: 'source' | 'destination',
  text: string,
  negated: boolean,
  family: Family,
): CoreMatch['alternatives'] | null => {
  const parts = text.includes(',') ? text.split(',') : [text]
  // A negated list would mean all addresses but these, and one rule for each address does not express that.
  if (negated && parts.length > 1) return null
  const matches: (Match | null)[] = []
  for (const part of parts) {
    const read = prefix(part, family)
    if (read === null) return null
    matches.push(read === nowhere[family] && !negated ? null : { kind, prefix: read, negated })
  }
  return matches
}

/** Is this an interface name of at most 15 bytes (IFNAMSIZ)? iptables-restore only warns about `/` and blanks. */
const isInterface = (name: string): boolean => name.length > 0 && name.length <= 15 && !/[\0\n]/.test(name)

/** The options that are conditions of iptables itself. */
export type ConditionOption = Extract<CoreOption, keyof typeof ranks>

const alternativesOf = (
  option: ConditionOption,
  text: string,
  negated: boolean,
  family: Family,
): CoreMatch['alternatives'] | null => {
  switch (option) {
    case 'source':
    case 'destination':
      return addresses(option, text, negated, family)
    case 'in':
    case 'out': {
      if (!isInterface(text)) return null
      return [text === '+' && !negated ? null : { kind: option, name: text, negated }]
    }
    case 'protocol': {
      const name = protocolName(text)
      if (name === null || (name === 'all' && negated)) return null
      return [name === 'all' ? null : { kind: 'protocol', protocol: name, negated }]
    }
    case 'fragment':
      return family === 'ip' ? [{ kind: 'fragment', negated }] : null
  }
}

/**
 * Reads one of iptables' own conditions.
 *
 * @param raw - the whole condition as written, kept where it is not understood
 */
export const coreMatch = (
  option: ConditionOption,
  text: string,
  negated: boolean,
  family: Family,
  raw: string,
): CoreMatch => ({
  rank: ranks[option],
  alternatives: alternativesOf(option, text, negated, family) ?? [
    { kind: 'opaque', module: option, text: raw },
  ],
})
