import { between, compare, field, type MatchStep, oneOf, protocolNumber } from '@portolan/netfilter'
import type { IcmpMatch } from '../../model/option/match.ts'

/** Lowers `-m icmp`: a type, perhaps with a code or a range of codes. */
export const icmpSteps = ({ module, type, negated }: IcmpMatch): readonly MatchStep[] => {
  const of = { protocols: [module === 'icmp' ? protocolNumber.icmp : protocolNumber.icmpv6] }
  const hasHeader = compare(field('icmp-type', of), { kind: 'any' })
  const [kind = '', code] = type.split('/')
  // ICMP type 255 stands for any type (net/netfilter/xt_tcpudp.c `icmp_type_code_match`).
  if (kind === 'any' || (module === 'icmp' && kind === '255')) {
    return negated ? [hasHeader, compare(field('icmp-type', of), { kind: 'any' }, true)] : [hasHeader]
  }
  const isType = compare(field('icmp-type', of), oneOf(Number(kind)), negated && code === undefined)
  if (code === undefined) return [isType]
  const [first = '0', last = first] = code.split(':')
  const isCode = compare(field('icmp-code', of), between(Number(first), Number(last)))
  if (!negated) return [isType, isCode]
  return [hasHeader, { kind: 'any-of', alternatives: [[isType, isCode]], negated: true }]
}
