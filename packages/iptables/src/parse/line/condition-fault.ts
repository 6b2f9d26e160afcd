import type { Family } from '@portolan/netfilter'
import { prefixFault } from '../fault/address-fault.ts'
import type { ConditionOption } from './core-match.ts'

/**
 * Says what is wrong on every host with a condition of iptables itself. Null: nothing, or it may be right on some host.
 */
export const conditionFault = (
  option: ConditionOption,
  text: string,
  negated: boolean,
  family: Family,
): string | null => {
  switch (option) {
    case 'source':
    case 'destination':
      if (negated && text.includes(','))
        return '"!" stands before a list of addresses, and a negated match has one address: make a rule for each'
      return prefixFault(text, family)
    case 'in':
    case 'out':
      return text.length > 15
        ? `"${text}" is not the name of an interface: a name has at most 15 bytes`
        : null
    case 'protocol':
      return /^\d+$/.test(text) && Number(text) > 255 ? `protocol ${text} is above 255, the last one` : null
    case 'fragment':
      return family === 'ip6' ? '"-f" is of IPv4 only: ip6tables takes "-m frag"' : null
  }
}
