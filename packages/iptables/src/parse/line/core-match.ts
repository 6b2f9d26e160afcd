import type { Family } from '@portolan/netfilter'
import type { Match } from '../../model/option/match.ts'
import { prefix } from '../grammar/value/address.ts'
import { protocolName } from '../grammar/value/protocol.ts'
import type { CoreOption } from './core-option.ts'

/** `-s a,b` is a rule for each; the kernel never sees the list. */
export interface CoreMatch {
  /** Where iptables-save prints it. */
  readonly rank: number
  /** Null is a match that says nothing (`-s 0/0`). */
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
  // All but two is not two rules.
  if (negated && parts.length > 1) return null
  const matches: (Match | null)[] = []
  for (const part of parts) {
    const read = prefix(part, family)
    if (read === null) return null
    matches.push(read === nowhere[family] && !negated ? null : { kind, prefix: read, negated })
  }
  return matches
}

/** IFNAMSIZ leaves a name 15 bytes; iptables-restore itself only warns about `/` and blanks. */
const isInterface = (name: string): boolean => name.length > 0 && name.length <= 15 && !/[\0\n]/.test(name)

/** A condition of iptables itself. */
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
 * One of iptables' own conditions.
 *
 * @param raw - the whole of it as it stands, kept where it is not understood
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
