import type { Hook } from '@portolan/netfilter'
import fc from 'fast-check'
import { rareMatch } from './nft-rare.ts'
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

/** The place of a rule, which decides what it may match and do. */
export interface Place {
  readonly table: 'ip' | 'ip6' | 'inet'
  readonly hook: Hook
  readonly type: 'filter' | 'nat' | 'route'
  readonly priority: number
}

/**
 * The place of a rule with its family and protocol. nft refuses a rule that mixes them. `th` is any protocol with
 * ports.
 */
export interface RulePlace extends Place {
  readonly family: Family
  readonly protocol: 'tcp' | 'udp' | 'th'
}

export const familiesOf = (table: Place['table']): readonly Family[] =>
  table === 'inet' ? ['ip', 'ip6'] : [table]

const operator = seldom(5).map((negated) => (negated ? '!= ' : ''))

const list = (items: readonly (string | number)[]): string => `{ ${items.join(', ')} }`

const addressMatch = (family: Family): fc.Arbitrary<string> => {
  const side = one('saddr', 'daddr')
  const value = fc.oneof(
    address(family),
    prefix(family),
    addressRange(family),
    fc.uniqueArray(address(family), { minLength: 1, maxLength: 4 }).map(list),
    fc.constant(`@addresses_${family}`),
    fc.constant(`@prefixes_${family}`),
  )
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(side, operator, value).map(([of, not, what]) => `${family} ${of} ${not}${what}`),
    },
    fc
      .tuple(side, one(...addressMasks[family]), one('==', '!='), address(family))
      .map(([of, mask, is, what]) => `${family} ${of} & ${mask} ${is} ${what}`),
  )
}

/** Most addresses have bits outside these masks, and nft accepts them all the same. */
const addressMasks: Readonly<Record<Family, readonly [string, ...string[]]>> = {
  ip: ['255.255.255.0', '255.255.255.254', '0.0.0.255'],
  ip6: ['ffff:ffff:ffff:ffff::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', '::ff'],
}

const portMatch = (protocol: RulePlace['protocol']): fc.Arbitrary<string> =>
  fc
    .tuple(
      one(protocol, 'th'),
      operator,
      fc.oneof(
        port.map((value) => `dport ${value}`),
        portRange.map(([first, last]) => `dport ${first}-${last}`),
        somePorts.map((some) => `dport ${list(some)}`),
        sourcePortRange.map(([first, last]) => `sport ${first}-${last}`),
        fc.constant('dport @ports'),
      ),
    )
    .map(([header, not, what]) => `${header} ${what.replace(' ', ` ${not}`)}`)

const nameMatch = fc
  .tuple(
    one('iifname', 'oifname'),
    operator,
    fc.oneof(
      { weight: 3, arbitrary: interfaceName },
      interfaceStart.map((start) => `${start}*`),
    ),
  )
  .map(([side, not, name]) => `${side} ${not}"${name}"`)

const protocolMatch = ({ table, family, protocol }: RulePlace): fc.Arbitrary<string> =>
  one(
    protocol === 'th' ? 'meta l4proto { tcp, udp }' : `meta l4proto ${protocol}`,
    table === 'inet' ? `meta nfproto ipv${family === 'ip' ? 4 : 6}` : 'meta l4proto != 1',
  )

export const ofProtocol = (protocol: RulePlace['protocol']): string =>
  `meta l4proto ${protocol === 'th' ? '{ tcp, udp }' : protocol}`

const tupleMatch = ({ family, protocol }: RulePlace): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .tuple(
        one('original', 'reply'),
        one('saddr', 'daddr'),
        operator,
        fc.oneof(address(family), prefix(family)),
      )
      .map(([way, side, not, value]) => `ct ${way} ${family} ${side} ${not}${value}`),
    fc
      .tuple(one('original', 'reply'), one('proto-src', 'proto-dst'), port)
      .map(([way, side, value]) => `${ofProtocol(protocol)} ct ${way} ${side} ${value}`),
  )

const conntrackMatch = (place: RulePlace): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: one(
        'ct state new',
        'ct state established',
        'ct state established,related',
        'ct state invalid',
        'ct state untracked',
        'ct state != established',
        'ct state != invalid',
        'ct state { new, untracked }',
      ),
    },
    one(
      'ct status dnat',
      'ct status snat',
      'ct status & (snat | dnat) == 0',
      'ct status confirmed',
      'ct status seen-reply',
      'ct status assured',
    ),
    one('ct direction original', 'ct direction reply', 'ct direction != reply'),
    tupleMatch(place),
    fc.tuple(operator, mark).map(([not, value]) => `ct mark ${not}${value}`),
  )

const markMatch: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(operator, mark).map(([not, value]) => `meta mark ${not}${value}`),
  fc
    .tuple(markMask, one('==', '!='), mark)
    .map(([mask, sign, value]) => `meta mark & ${mask} ${sign} ${(value & mask) >>> 0}`),
)

/** The arguments that `fib` accepts differ from hook to hook (net/netfilter/nft_fib.c, `nft_fib_validate`). */
const fibMatch = (hook: Hook): fc.Arbitrary<string> => {
  const type = fc
    .tuple(one('saddr', 'daddr'), operator, one('local', 'unicast', '{ local, broadcast }'))
    .map(([side, not, value]) => `fib ${side} type ${not}${value}`)
  const by =
    hook === 'prerouting' || hook === 'input'
      ? 'iif'
      : hook === 'output' || hook === 'postrouting'
        ? 'oif'
        : null
  const limited =
    by === null
      ? type
      : fc
          .tuple(one('saddr', 'daddr'), one('local', 'unicast'))
          .map(([side, value]) => `fib ${side} . ${by} type ${value}`)
  return fc.oneof({ weight: 3, arbitrary: type }, limited)
}

const concatenation = ({ family, protocol }: RulePlace): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(`${family} daddr . ${protocol} dport @pairs_${family}`),
    fc.constant(`${family} saddr . ${family} daddr @crossings_${family}`),
    fc
      .tuple(interfaceName, port, interfaceName, port)
      .map(([a, b, c, d]) => [...new Set([`"${a}" . ${b}`, `"${c}" . ${d}`])])
      .map((elements) => `iifname . th dport ${list(elements)}`),
  )

/** Matches an interface by index, by kind or by group. Names have their own function. */
const linkMatch = (hook: Hook): fc.Arbitrary<string> =>
  fc
    .tuple(
      operator,
      one('eth0', 'eth1', 'br-a', 'br-b', 'lo'),
      one(
        ...(hook === 'output' ? [] : ['iif']),
        ...(hook === 'prerouting' || hook === 'input' ? [] : ['oif']),
      ),
      one('veth', 'bridge'),
    )
    .chain(([not, name, side, kind]) =>
      one(`${side} ${not}"${name}"`, `${side} ${not}"${name}"`, `meta ${side}kind ${not}"${kind}"`),
    )

/**
 * True: the chain runs before connection tracking. A match that differs from packet to packet would track a flow only
 * in part there.
 */
export const isEarly = ({ hook, priority }: Place): boolean =>
  priority < -200 && (hook === 'prerouting' || hook === 'output')

/** Matches that depend on chance or on the clock, so both outcomes are possible. */
const chance = one('numgen random mod 2 0', 'limit rate 1/second burst 1 packets')

const tcpFlags = one(
  'tcp flags & (syn | ack) == syn',
  'tcp flags & (syn | ack) == syn | ack',
  'tcp flags syn',
  'tcp flags & (fin | syn | rst | ack) == ack',
)

const otherMatch = (place: RulePlace): fc.Arbitrary<string> => {
  const plain = one('meta pkttype host', 'meta pkttype != host', 'meta l4proto != tcp')
  if (isEarly(place)) return plain
  return place.protocol === 'tcp' ? fc.oneof(plain, tcpFlags, chance) : fc.oneof(plain, chance)
}

/** One condition of a rule. */
export const nftMatch = (place: RulePlace): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: addressMatch(place.family) },
    { weight: 5, arbitrary: portMatch(place.protocol) },
    { weight: 4, arbitrary: nameMatch },
    { weight: 4, arbitrary: conntrackMatch(place) },
    { weight: 2, arbitrary: markMatch },
    { weight: 2, arbitrary: protocolMatch(place) },
    { weight: 2, arbitrary: fibMatch(place.hook) },
    { weight: 2, arbitrary: concatenation(place) },
    { weight: 1, arbitrary: linkMatch(place.hook) },
    { weight: 1, arbitrary: otherMatch(place) },
    { weight: 3, arbitrary: rareMatch(place, isEarly(place)) },
  )
