import fc from 'fast-check'
import { rareMatches } from './iptables-rare.ts'
import type { Family } from './scene.ts'
import {
  address,
  addressRange,
  interfaceName,
  interfaceStart,
  mark,
  markMask,
  one,
  port,
  portRange,
  prefix,
  seldom,
  somePorts,
  sourcePortRange,
} from './vocabulary.ts'

/** The place of a rule: its family, table and chain. */
export interface Place {
  readonly family: Family
  readonly table: string
  readonly chain: string
}

const not = seldom(5).map((negated) => (negated ? '! ' : ''))

const negatable = (option: string, value: fc.Arbitrary<string | number>): fc.Arbitrary<string> =>
  fc.tuple(not, value).map(([sign, text]) => `${sign}${option} ${text}`)

const mostly = <T>(common: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: common }, { weight: 1, arbitrary: rare })

const ends = ({ family }: Place): fc.Arbitrary<string> => {
  const value = fc.oneof(address(family), prefix(family))
  const side = one('-s', '-d').chain((option) => negatable(option, value))
  return fc.oneof(
    side,
    fc.tuple(negatable('-s', value), negatable('-d', value)).map((both) => both.join(' ')),
  )
}

/** iptables refuses `-i` in OUTPUT and POSTROUTING, and `-o` in PREROUTING and INPUT. */
const links = ({ chain }: Place): fc.Arbitrary<string> => {
  const name = mostly(
    interfaceName,
    interfaceStart.map((start) => `${start}+`),
  )
  const incoming = chain !== 'OUTPUT' && chain !== 'POSTROUTING'
  const outgoing = chain !== 'PREROUTING' && chain !== 'INPUT'
  return one(...(incoming ? ['-i'] : []), ...(outgoing ? ['-o'] : [])).chain((option) =>
    negatable(option, name),
  )
}

const protocols: fc.Arbitrary<string> = one('tcp', 'udp').chain((protocol) =>
  fc.oneof(
    negatable('--dport', port).map((match) => `-p ${protocol} -m ${protocol} ${match}`),
    negatable(
      '--dport',
      portRange.map(([first, last]) => `${first}:${last}`),
    ).map((match) => `-p ${protocol} -m ${protocol} ${match}`),
    negatable(
      '--sport',
      sourcePortRange.map(([first, last]) => `${first}:${last}`),
    ).map((match) => `-p ${protocol} -m ${protocol} ${match}`),
    one('--dports', '--ports')
      .chain((option) =>
        negatable(
          option,
          somePorts.map((some) => some.join(',')),
        ),
      )
      .map((match) => `-p ${protocol} -m multiport ${match}`),
    port.map((at) => `-p ${protocol} -m multiport --dports 1:79,${at}`),
    one(
      `-p ${protocol}`,
      `! -p ${protocol}`,
      `-p ${protocol} -m multiport --sports 1:1023,20000:30000`,
      `-p ${protocol} -m multiport ! --ports 80:81,8080`,
    ),
  ),
)

const conntrack = ({ family }: Place): fc.Arbitrary<string> =>
  fc
    .oneof(
      {
        weight: 3,
        arbitrary: negatable(
          '--ctstate',
          one(
            'NEW',
            'ESTABLISHED',
            'RELATED,ESTABLISHED',
            'INVALID',
            'UNTRACKED',
            'DNAT',
            'SNAT',
            'NEW,DNAT',
            'NEW,UNTRACKED',
          ),
        ),
      },
      one('--ctdir ORIGINAL', '--ctdir REPLY'),
      one('--ctorigdst', '--ctorigsrc', '--ctreplsrc', '--ctrepldst').chain((option) =>
        negatable(option, fc.oneof(address(family), prefix(family))),
      ),
      one('--ctorigdstport', '--ctreplsrcport').chain((option) =>
        mostly(
          port.map((value) => `${option} ${value}`),
          portRange.map(([first, last]) => `${option} ${first}:${last}`),
        ),
      ),
      negatable('--ctstatus', one('SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'NONE')),
      one('--ctproto 6', '--ctproto 17'),
    )
    .map((match) => `-m conntrack ${match}`)

const marks: fc.Arbitrary<string> = fc
  .tuple(one('mark', 'connmark'), not, mark, mostly(fc.constant(0xffffffff), markMask))
  .map(([name, sign, value, mask]) => `-m ${name} ${sign}--mark ${(value & mask) >>> 0}/${mask}`)

const types = ({ family, chain }: Place): fc.Arbitrary<string> => {
  const limit =
    family === 'ip6'
      ? ['']
      : chain === 'PREROUTING' || chain === 'INPUT'
        ? ['', '', ' --limit-iface-in']
        : chain === 'OUTPUT' || chain === 'POSTROUTING'
          ? ['', '', ' --limit-iface-out']
          : ['']
  return fc
    .tuple(
      one('--src-type', '--dst-type').chain((option) =>
        negatable(option, one('LOCAL', 'UNICAST', 'LOCAL,BROADCAST')),
      ),
      one(...limit),
    )
    .map(([match, extra]) => (family === 'ip6' ? match.replace(',BROADCAST', '') : match) + extra)
    .map((match) => `-m addrtype ${match}`)
}

const ranges = ({ family }: Place): fc.Arbitrary<string> =>
  one('--src-range', '--dst-range')
    .chain((option) => negatable(option, addressRange(family)))
    .map((match) => `-m iprange ${match}`)

/**
 * Matches that depend on chance or on the clock, so both outcomes are possible. Notrack rules never depend on these or
 * on TCP flags, which differ from packet to packet. Two packets cannot show the way of a flow that is tracked only in
 * part.
 */
const chance: fc.Arbitrary<string> = one(
  '-m statistic --mode random --probability 0.50000000000',
  '-m limit --limit 1/second --limit-burst 1',
)

const stageOfConnection = one(
  '-p tcp --syn',
  '-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK',
  '-p tcp -m tcp --tcp-flags SYN,RST,ACK ACK',
)

/** Matches on the bridge's ports, which work while br_netfilter has the packet. */
const bridgePorts = ({ chain }: Place): fc.Arbitrary<string> =>
  chain === 'OUTPUT'
    ? fc.constant('-m state --state NEW')
    : fc
        .tuple(not, one('v-a1', 'v-a+', 'v-b1'))
        .map(([sign, name]) => `-m physdev ${sign}--physdev-in ${name}`)

export interface Matches {
  readonly text: string
  /** True: the rule matches on a protocol with ports, which a translation of ports needs. */
  readonly transport: boolean
}

/** One to three conditions, mostly few: a rule that no flow matches tests nothing. */
export const matches = (place: Place): fc.Arbitrary<Matches> =>
  fc
    .tuple(
      fc.option(
        place.table === 'raw' ? protocols : fc.oneof({ weight: 12, arbitrary: protocols }, stageOfConnection),
        { freq: 2 },
      ),
      fc.oneof(
        { weight: 3, arbitrary: ends(place) },
        { weight: 3, arbitrary: links(place) },
        { weight: 3, arbitrary: conntrack(place) },
        { weight: 2, arbitrary: marks },
        { weight: 2, arbitrary: types(place) },
        { weight: 1, arbitrary: ranges(place) },
        { weight: 1, arbitrary: bridgePorts(place) },
        { weight: 2, arbitrary: rareMatches(place) },
      ),
      one(ends(place), links(place), conntrack(place), place.table === 'raw' ? links(place) : chance).chain(
        (another) => another,
      ),
      fc.nat(99),
    )
    .map(([protocol, other, another, draw]) => ({
      text: [
        ...(protocol === null ? [] : [protocol]),
        ...(protocol === null || draw < 55 ? [other] : []),
        ...(draw >= 90 && !moduleOf(other).includes(moduleOf(another)) ? [another] : []),
      ].join(' '),
      transport: protocol !== null && !protocol.startsWith('!'),
    }))

/** iptables allows each module and option only once in a rule. */
const moduleOf = (match: string): string =>
  /-m (\w+)/.exec(match)?.[1] ?? (/-[io] /.test(match) ? 'interface' : 'address')
