import fc from 'fast-check'
import { ofProtocol, type RulePlace } from './nft-match.ts'
import { address, interfaceName, mark, one, port, prefix, target } from './vocabulary.ts'

type Rare = fc.Arbitrary<string>

const own = ({ family }: RulePlace): Rare =>
  family === 'ip' ? one('192.0.2.2', '192.0.2.3', '198.51.100.2') : one('2001:db8:1::2', '2001:db8:2::2')

const spans = {
  ip: { own: '192.0.2.2-192.0.2.3', containers: '172.30.1.10-172.30.1.11', outside: '198.51.100.0/24' },
  ip6: {
    own: '2001:db8:1::2-2001:db8:1::3',
    containers: 'fd00:30:1::10-fd00:30:1::11',
    outside: '2001:db8:2::/64',
  },
} as const

/** A destination that depends on something else than the port, or that is picked from several. */
export const rareDestination = (place: RulePlace): Rare => {
  const { table, family, protocol, hook } = place
  const of = table === 'inet' ? ` ${family}` : ''
  const any = ofProtocol(protocol)
  const side = hook === 'output' ? 'oifname' : 'iifname'
  const { containers, outside } = spans[family]
  const two = fc.tuple(target(family), target(family))
  return fc.oneof(
    two.map(([a, b]) => `dnat${of} to ${side} map { "eth0" : ${a}, "br-a" : ${b} }`),
    fc
      .tuple(prefix(family), target(family))
      .map(([from, to]) => `dnat${of} to ${family} saddr map { ${from} : ${to} }`),
    fc.tuple(mark, target(family)).map(([value, to]) => `dnat${of} to meta mark map { ${value} : ${to} }`),
    two.map(
      ([a, b]) => `dnat${of} to jhash ${family} saddr . ${family} daddr mod 2 map { 0 : ${a}, 1 : ${b} }`,
    ),
    two.map(([a, b]) => `dnat${of} to numgen inc mod 2 map { 0 : ${a}, 1 : ${b} }`),
    fc
      .tuple(address(family), port, target(family), port)
      .map(
        ([from, at, to, onto]) =>
          `${any} dnat${of} to ${family} saddr . th dport map { ${from} . ${at} : ${to} . ${onto} }`,
      ),
    one(`dnat${of} to ${containers} persistent`, `dnat${of} to ${containers} random,persistent`),
    one(`${any} redirect to :8080-8081`, `${any} redirect to :80 random`),
    fc.tuple(port, port).map(([from, to]) => `${any} redirect to ${protocol} dport map { ${from} : ${to} }`),
    port.map((to) => `${any} dnat to :${to}`),
    family === 'ip'
      ? one(`dnat${of} prefix to ip daddr map { ${outside} : 172.30.1.0/24, 192.0.2.0/28 : 172.30.2.0/28 }`)
      : target(family).map((to) => `dnat${of} to ${to} persistent`),
  )
}

/** A source that depends on something, that is picked from several, or with a random port. */
export const rareSource = (place: RulePlace): Rare => {
  const { table, family, protocol, hook } = place
  const of = table === 'inet' ? ` ${family}` : ''
  const any = ofProtocol(protocol)
  const { own: range } = spans[family]
  const ports = family === 'ip6' ? range.replace(/^(.*)-(.*)$/, '[$1]-[$2]') : range
  const snat = fc.oneof(
    one(
      `snat${of} to ${range}`,
      `snat${of} to ${range} persistent`,
      `${any} snat${of} to ${ports}:5000-5999`,
    ),
    fc
      .tuple(prefix(family), own(place))
      .map(([from, to]) => `snat${of} to ${family} saddr map { ${from} : ${to} }`),
    own(place).map((to) => `${any} snat${of} to ${family === 'ip6' ? `[${to}]` : to}:5000-5999 fully-random`),
  )
  if (hook === 'input') return snat
  return fc.oneof(
    snat,
    fc
      .tuple(own(place), own(place))
      .map(([a, b]) => `snat${of} to oifname map { "eth0" : ${a}, "eth1" : ${b} }`),
    one('masquerade random', 'masquerade fully-random,persistent', `${any} masquerade to :6000-6999 random`),
  )
}

/** Statements without a verdict. */
export const rareStatement = (place: RulePlace, isEarly: boolean): Rare => {
  const { family, protocol, hook } = place
  const side = hook === 'output' || hook === 'postrouting' ? 'oifname' : 'iifname'
  return fc.oneof(
    fc
      .tuple(prefix(family), mark)
      .map(([from, to]) => `meta mark set ${family} saddr map { ${from} : ${to} }`),
    fc.tuple(interfaceName, mark).map(([name, to]) => `meta mark set ${side} map { "${name}" : ${to} }`),
    one(
      `update @seen_${family} { ${family} saddr }`,
      `add @seen_${family} { ${family} daddr timeout 5m }`,
      'meta nftrace set 0',
      'meta priority set 1:2',
      `meta mark set ${protocol} dport`,
      `meta mark set ${protocol} dport & 9`,
    ),
    ...(isEarly
      ? [one('ct original zone set 7', 'ct reply zone set 7')]
      : [
          one(
            'meta mark set ct mark >> 1',
            'meta mark set meta mark << 1',
            `meta mark set jhash ${family} saddr mod 4`,
            'meta mark set numgen inc mod 3 offset 1',
            'ct label set 1',
            'meta mark set meta mark | 8 ct mark set meta mark',
          ),
          fc.tuple(mark).map(([value]) => `ct mark set th dport map { 80-443 : ${value} }`),
        ]),
  )
}

/** Verdict maps over several fields at once, over ranges, or over properties of the flow. */
export const rareDispatch = (place: RulePlace, onward: readonly string[], isEarly: boolean): Rare => {
  const { family, hook } = place
  const verdict = one('accept', 'return', 'continue', 'drop', ...onward.map((chain) => `jump ${chain}`))
  const side = hook === 'output' || hook === 'postrouting' ? 'oifname' : 'iifname'
  const keys: readonly Rare[] = [
    fc
      .tuple(prefix(family), port, verdict)
      .map(([to, at, then]) => `${family} daddr . th dport vmap { ${to} . ${at}-9000 : ${then} }`),
    fc
      .tuple(interfaceName, port, verdict)
      .map(([name, at, then]) => `${side} . th dport vmap { "${name}" . ${at} : ${then} }`),
    fc
      .tuple(prefix(family), prefix(family), verdict)
      .map(([from, to, then]) => `${family} saddr . ${family} daddr vmap { ${from} . ${to} : ${then} }`),
    fc.tuple(port, verdict).map(([at, then]) => `meta l4proto . th dport vmap { tcp . ${at} : ${then} }`),
    fc.tuple(verdict, verdict).map(([a, b]) => `fib daddr type vmap { local : ${a}, unicast : ${b} }`),
    fc.tuple(prefix(family), verdict).map(([from, then]) => `${family} saddr vmap { ${from} : ${then} }`),
  ]
  const later: readonly Rare[] = [
    fc
      .tuple(interfaceName, verdict)
      .map(([name, then]) => `ct state . ${side} vmap { new . "${name}" : ${then} }`),
    fc
      .tuple(mark, verdict)
      .map(([value, then]) => `ct direction . ct mark vmap { reply . ${value} : ${then} }`),
    fc
      .tuple(one('dnat', 'snat', 'confirmed'), verdict)
      .map(([status, then]) => `ct status vmap { ${status} : ${then} }`),
    fc.tuple(port, verdict).map(([at, then]) => `ct original proto-dst vmap { ${at} : ${then} }`),
  ]
  return fc.oneof(...keys, ...(isEarly ? [] : later))
}
