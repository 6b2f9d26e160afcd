import {
  bitwise,
  compare,
  type Expression,
  type Family,
  field,
  type MatchStep,
  oneOf,
  protocolNumber,
} from '@portolan/netfilter'
import type { MarkMatch, Match, StatisticMatch } from '../model/option/match.ts'
import { protocolNumberOf } from '../parse/grammar/value/protocol.ts'
import { printMatch } from '../print/rule/print-match.ts'
import { addressTypeSteps } from './option/address-type-steps.ts'
import { inPrefix, unknownMatch } from './option/address-value.ts'
import { conntrackSteps, oldStateStep } from './option/conntrack-steps.ts'
import { extensionSteps } from './option/extension-steps.ts'
import { interfaceIs } from './option/host-steps.ts'
import { icmpSteps } from './option/icmp-steps.ts'
import { type KnownPorts, multiportStep, portSteps } from './option/port-steps.ts'

const every = 0xffffffff

const markStep = ({ module, value, mask, negated }: MarkMatch): MatchStep => {
  const mark: Expression = module === 'mark' ? field('mark') : { kind: 'conntrack', key: 'mark' }
  return compare(mask === every ? mark : bitwise('and', mark, mask), oneOf(value), negated)
}

/** Lowers a random match. It selects some of many flows, unless its probability is 0 or 1. */
const statisticSteps = (match: StatisticMatch): readonly MatchStep[] => {
  const { probability, negated } = match
  if (probability > 0 && probability < 2 ** 31) return [unknownMatch(printMatch(match), true)]
  return (probability === 0) === negated ? [] : [{ kind: 'any-of', alternatives: [], negated: false }]
}

/** The steps of the protocols that most rules name. A hundred thousand rules may share them, so they are made once. */
const usual: Readonly<Record<string, readonly MatchStep[]>> = {
  tcp: [compare(field('l4proto'), oneOf(protocolNumber.tcp))],
  udp: [compare(field('l4proto'), oneOf(protocolNumber.udp))],
}

const nothing: readonly MatchStep[] = []

const protocolStep = (protocol: string, negated: boolean): readonly MatchStep[] => {
  const known = negated ? undefined : usual[protocol]
  if (known !== undefined) return known
  const number = protocolNumberOf(protocol)
  if (number === 0 && !negated) return []
  return number === null
    ? [unknownMatch(`-p ${protocol}`)]
    : [compare(field('l4proto'), oneOf(number), negated)]
}

/** The steps of one match. All of them have to hold. */
export const matchSteps = (match: Match, family: Family, ports: KnownPorts): readonly MatchStep[] => {
  switch (match.kind) {
    case 'source':
      return [inPrefix(field('saddr', { family }), match.prefix, match.negated, family)]
    case 'destination':
      return [inPrefix(field('daddr', { family }), match.prefix, match.negated, family)]
    case 'in':
      return [interfaceIs('iifname', match.name, match.negated)]
    case 'out':
      return [interfaceIs('oifname', match.name, match.negated)]
    case 'protocol':
      return protocolStep(match.protocol, match.negated)
    case 'fragment':
      return [compare(field('fragment'), oneOf(1), match.negated)]
    case 'port':
      return portSteps(match, ports)
    case 'multiport':
      return [multiportStep(match)]
    case 'icmp':
      return icmpSteps(match)
    case 'address-type':
      return addressTypeSteps(match, family)
    case 'conntrack':
      return conntrackSteps(match, family)
    case 'state':
      return [oldStateStep(match)]
    case 'mark':
      return [markStep(match)]
    case 'statistic':
      return statisticSteps(match)
    case 'comment':
      return nothing
    case 'extension':
      return extensionSteps(match, family)
    case 'opaque':
      return [unknownMatch(match.text)]
  }
}
