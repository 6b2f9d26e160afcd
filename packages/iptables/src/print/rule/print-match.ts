import type { ConntrackTest, Match, PortMatch, PortSpan, PortTest } from '../../model/option/match.ts'
import { probabilityText } from '../../parse/grammar/value/probability.ts'
import { quote, quoteBlank } from '../quote.ts'
import { printOptions } from './print-options.ts'

const not = (negated: boolean): string => (negated ? '! ' : '')

const span = ({ first, last }: PortSpan): string => (first === last ? `${first}` : `${first}:${last}`)

const portTest = (option: string, test: PortTest | null): string =>
  test === null ? '' : ` ${not(test.negated)}${option} ${span(test)}`

const port = ({ module, source, destination, flags }: PortMatch): string => {
  const flagged = flags === null ? '' : ` ${not(flags.negated)}--tcp-flags ${flags.mask} ${flags.set}`
  return `-m ${module}${portTest('--sport', source)}${portTest('--dport', destination)}${flagged}`
}

const conntrackTest = ({ option, value, negated }: ConntrackTest): string =>
  ` ${not(negated)}--${option} ${value}`

const hex = (value: number): string => `0x${value.toString(16)}`

const multiportOption = { source: '--sports', destination: '--dports', either: '--ports' } as const

/** One match as iptables-save prints it. */
export const printMatch = (match: Match): string => {
  switch (match.kind) {
    case 'source':
      return `${not(match.negated)}-s ${match.prefix}`
    case 'destination':
      return `${not(match.negated)}-d ${match.prefix}`
    case 'in':
      return `${not(match.negated)}-i ${quoteBlank(match.name)}`
    case 'out':
      return `${not(match.negated)}-o ${quoteBlank(match.name)}`
    case 'protocol':
      return `${not(match.negated)}-p ${match.protocol}`
    case 'fragment':
      return `${not(match.negated)}-f`
    case 'port':
      return port(match)
    case 'multiport':
      return `-m multiport ${not(match.negated)}${multiportOption[match.side]} ${match.ports.map(span).join(',')}`
    case 'icmp':
      return `-m ${match.module} ${not(match.negated)}--${match.module === 'icmp' ? 'icmp' : 'icmpv6'}-type ${match.type}`
    case 'address-type': {
      const source =
        match.source === null ? '' : ` ${not(match.source.negated)}--src-type ${match.source.types.join(',')}`
      const destination =
        match.destination === null
          ? ''
          : ` ${not(match.destination.negated)}--dst-type ${match.destination.types.join(',')}`
      return `-m addrtype${source}${destination}${match.limit === null ? '' : ` --limit-iface-${match.limit}`}`
    }
    case 'conntrack':
      return `-m conntrack${match.tests.map(conntrackTest).join('')}`
    case 'state':
      return `-m state ${not(match.negated)}--state ${match.states.join(',')}`
    case 'mark': {
      const mask = match.mask === 0xffffffff ? '' : `/${hex(match.mask)}`
      return `-m ${match.module} ${not(match.negated)}--mark ${hex(match.value)}${mask}`
    }
    case 'statistic':
      return `-m statistic --mode random ${not(match.negated)}--probability ${probabilityText(match.probability)}`
    case 'comment':
      return `-m comment --comment ${quote(match.text)}`
    case 'extension':
      return printOptions(`-m ${match.module}`, match.options)
    case 'opaque':
      return match.text
  }
}
