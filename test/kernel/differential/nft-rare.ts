import fc from 'fast-check'
import type { RulePlace } from './nft-match.ts'
import type { Family } from './scene.ts'
import { address, interfaceName, mark, one, port, prefix } from './vocabulary.ts'

/** Comparisons of order and of single bits. */
const orders = ({ family, protocol }: RulePlace): fc.Arbitrary<string> =>
  fc.oneof(
    fc.tuple(one('<', '<=', '>', '>='), port).map(([sign, value]) => `${protocol} dport ${sign} ${value}`),
    fc.tuple(one('<', '>='), address(family)).map(([sign, value]) => `${family} daddr ${sign} ${value}`),
    fc.tuple(one('<=', '>'), mark).map(([sign, value]) => `meta mark ${sign} ${value}`),
    fc.tuple(one('ct', 'meta'), mark).map(([of, bit]) => `${of} mark & ${bit} != 0`),
    one(
      `${protocol} dport & 0xfff0 == 0x50`,
      `${protocol} dport & 1 == 0`,
      '@th,16,16 80',
      '@th,16,16 != 8080',
      'th sport 20000-45000',
    ),
  )

/** The last bit of an address picks one half of the machines. */
const lastBit: Readonly<Record<Family, readonly [string, string]>> = {
  ip: ['0.0.0.1', '0.0.0.0'],
  ip6: ['::1', '::'],
}

/** Several fields at once, and verdict maps over them. */
const several = ({ family, hook }: RulePlace): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .tuple(address(family), interfaceName, port)
      .map(([from, name, at]) => `${family} saddr . iifname . th dport { ${from} . "${name}" . ${at} }`),
    fc
      .tuple(prefix(family), prefix(family))
      .map(([from, to]) => `${family} saddr . ${family} daddr { ${from} . ${to} }`),
    fc.tuple(mark, interfaceName).map(([value, name]) => `meta mark . iifname { ${value} . "${name}" }`),
    fc.tuple(port, port).map(([a, b]) => `meta l4proto . th dport { tcp . ${a}, udp . ${b} }`),
    fc
      .tuple(prefix(family), port)
      .map(
        ([to, at]) =>
          `ct original ${family} daddr . ct original proto-dst { ${to} . ${at}, ${to} . 7 } ct direction original`,
      ),
    fc.tuple(port, port).map(([a, b]) => `th sport . th dport { 20000-40000 . ${a}, 40001-65535 . ${b} }`),
    ...(hook === 'forward'
      ? [
          fc
            .tuple(interfaceName, interfaceName)
            .map(([from, to]) => `iifname . oifname { "${from}" . "${to}" }`),
        ]
      : []),
    one(
      `${family} daddr & ${lastBit[family].join(' == ')}`,
      `${family} saddr & ${lastBit[family].join(' != ')}`,
    ),
  )

/** Which of these a hook has: net/netfilter/nft_fib.c, `nft_fib_validate`. */
const ways = ({ hook }: RulePlace): fc.Arbitrary<string> => {
  const oif = fc
    .tuple(one('saddr', 'daddr'), one('', ' . mark'), one('oif', 'oifname'), one('', '!= '), interfaceName)
    .map(([side, marked, result, not, name]) => `fib ${side}${marked} ${result} ${not}"${name}"`)
  const missing = one(
    'fib saddr . iif oif missing',
    'fib saddr . iif oif exists',
    'fib saddr . mark . iif oif missing',
  )
  const type = fc
    .tuple(one('saddr', 'daddr'), one('local', 'unicast', '{ local, blackhole, broadcast }'))
    .map(([side, value]) => `fib ${side} . mark type ${value}`)
  if (hook === 'prerouting')
    return fc.oneof(oif, missing, type, one('fib saddr oif missing', 'fib daddr oif exists'))
  return hook === 'forward' || hook === 'input' ? fc.oneof(missing, type) : type
}

const states = one(
  'ct zone 0',
  'ct zone != 7',
  'ct status & snat != 0',
  'ct status ! dnat',
  'ct state & (established | related) == 0',
  'ct state ! new',
  'ct state { established, related, untracked }',
)

const flags = one(
  'tcp flags ! syn',
  'tcp flags syn / syn,ack',
  'tcp flags != syn',
  'tcp flags & (rst | fin) != 0',
)

/** nft refuses a rule that names two protocols, and a TCP reset in a rule that names none. */
const headers = ({ family, table, protocol }: RulePlace): fc.Arbitrary<string> =>
  one(
    ...(protocol === 'th'
      ? []
      : [`${family === 'ip' ? 'ip protocol' : 'ip6 nexthdr'} ${protocol}`, `ct protocol ${protocol}`]),
    family === 'ip' ? 'ip version 4' : 'ip6 version 6',
    table === 'inet' ? `meta protocol ${family}` : 'meta l4proto != 1',
    family === 'ip' ? 'ip frag-off & 0x1fff != 0' : 'exthdr frag exists',
    `ct l3proto ipv${family === 'ip' ? 4 : 6}`,
    'meta pkttype { host, multicast }',
  )

/** Matches that no description of a packet settles, so both outcomes are possible. */
const unsettled = ({ family, hook }: RulePlace): fc.Arbitrary<string> =>
  one(
    'meta length > 60',
    'meta length < 6000',
    family === 'ip' ? 'ip dscp ef' : 'ip6 dscp ef',
    family === 'ip' ? 'ip ttl < 60' : 'ip6 hoplimit < 60',
    'meta cpu 0',
    'meta priority 0:7',
    'ct bytes > 100000',
    'ct original packets > 1',
    'rt classid 5',
    'meta random 5',
    'meta day "Sunday"',
    'meta hour "03:00"-"03:01"',
    'quota over 1 mbytes',
    'quota 900 mbytes',
    'limit rate over 100000/second',
    'ct count over 5000',
    'ct helper "ftp"',
    'meta skuid 0',
    'meta skgid != 0',
    ...(hook === 'output' || hook === 'postrouting'
      ? ['meta oifgroup 7', 'meta oiftype loopback']
      : ['meta iifgroup 7', 'meta iifgroup != 7', 'meta iiftype ether', 'ether saddr 02:00:00:00:00:77']),
    ...(hook === 'prerouting' || hook === 'input'
      ? ['socket transparent 1', 'socket wildcard 0', 'meta ipsec exists']
      : []),
  )

/**
 * Conditions that real firewalls have and that are seldom: they are apart, so that they do not crowd out the usual ones.
 *
 * @param isEarly - true: before connection tracking, where a match that differs from packet to packet would track a
 *   flow only in part
 */
export const rareMatch = (place: RulePlace, isEarly: boolean): fc.Arbitrary<string> =>
  isEarly
    ? fc.oneof(orders(place), several(place), ways(place), headers(place))
    : fc.oneof(
        { weight: 2, arbitrary: orders(place) },
        { weight: 3, arbitrary: several(place) },
        { weight: 2, arbitrary: ways(place) },
        { weight: 2, arbitrary: states },
        { weight: 1, arbitrary: place.protocol === 'tcp' ? flags : states },
        { weight: 1, arbitrary: headers(place) },
        { weight: 1, arbitrary: unsettled(place) },
      )
