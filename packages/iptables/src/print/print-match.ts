import type { ConntrackTest, Match, PortMatch, PortSpan, PortTest } from '../ruleset/match.ts'
import { quote } from './quote.ts'

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

/**
 * `%.11f` of probability / 2^31. Done in integers because C rounds a tie to even and `toFixed` upwards.
 */
export const probabilityText = (probability: number): string => {
  const scaled = BigInt(probability) * 10n ** 11n
  const unit = 2n ** 31n
  const rest = scaled % unit
  const floor = scaled / unit
  const up = rest * 2n > unit || (rest * 2n === unit && floor % 2n === 1n)
  const digits = (up ? floor + 1n : floor).toString().padStart(12, '0')
  return `${digits.slice(0, -11)}.${digits.slice(-11)}`
}

/** One match in the words of iptables-save. */
export const printMatch = (match: Match): string => {
  switch (match.kind) {
    case 'source':
      return `${not(match.negated)}-s ${match.prefix}`
    case 'destination':
      return `${not(match.negated)}-d ${match.prefix}`
    case 'in':
      return `${not(match.negated)}-i ${match.name}`
    case 'out':
      return `${not(match.negated)}-o ${match.name}`
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
    case 'opaque':
      return match.text
  }
}
