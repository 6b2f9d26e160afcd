import fc from 'fast-check'
import { isEarly, ofProtocol, type RulePlace } from './nft-match.ts'
import { rareDestination, rareDispatch, rareSource, rareStatement } from './nft-rare-action.ts'
import type { Family } from './scene.ts'
import { address, interfaceName, mark, markMask, one, port, portRange, seldom, target } from './vocabulary.ts'

const unique = (entries: readonly (readonly [string, string])[]): string =>
  [...new Map(entries)].map(([key, value]) => `${key} : ${value}`).join(', ')

/** A statement without a verdict: the next statement follows. */
const statement = (place: RulePlace): fc.Arbitrary<string> => {
  const { type, protocol } = place
  const early = type === 'filter' && isEarly(place)
  return fc.oneof(
    mark.map((value) => `meta mark set ${value}`),
    fc.tuple(markMask, mark).map(([mask, value]) => `meta mark set meta mark & ${mask} | ${value}`),
    mark.map((value) => `ct mark set ${value}`),
    one('meta mark set ct mark', 'ct mark set meta mark', 'counter', 'ct mark set meta mark | 1'),
    fc.tuple(port, mark, port, mark).map(([a, first, b, second]) =>
      [
        `meta mark set ${protocol} dport map {`,
        unique([
          [String(a), String(first)],
          [String(b), String(second)],
        ]),
        '}',
      ].join(' '),
    ),
    one('log', 'meta mark set meta mark ^ 9', 'meta mark set ct mark & 0xf | 8'),
    early ? one('notrack', 'notrack', 'ct zone set 7') : fc.constant('counter'),
    rareStatement(place, isEarly(place)),
  )
}

const bracketed = (family: Family, text: string): string => (family === 'ip6' ? `[${text}]` : text)

const destination = ({ table, family, protocol }: RulePlace): fc.Arbitrary<string> => {
  const of = table === 'inet' ? ` ${family}` : ''
  const any = ofProtocol(protocol)
  return fc.oneof(
    target(family).map((to) => `dnat${of} to ${to}`),
    fc
      .tuple(port, target(family), port)
      .map(
        ([from, to, at]) => `${any} ${protocol} dport ${from} dnat${of} to ${bracketed(family, to)}:${at}`,
      ),
    fc.tuple(target(family), port).map(([to, at]) => `${any} dnat${of} to ${bracketed(family, to)}:${at}`),
    fc.tuple(port, target(family), port, port, target(family), port).map(
      ([a, to, at, b, other, there]) =>
        `${any} dnat${of} to ${protocol} dport map { ${unique([
          [String(a), `${to} . ${at}`],
          [String(b), `${other} . ${there}`],
        ])} }`,
    ),
    fc.tuple(port, target(family), port, target(family)).map(
      ([a, to, b, other]) =>
        `${any} dnat${of} to th dport map { ${unique([
          [String(a), to],
          [String(b), other],
        ])} }`,
    ),
    fc.constant(`${any} dnat${of} to ${family} daddr . ${protocol} dport map @doors_${family}`),
    fc.constant(
      `dnat${of} to ${family === 'ip' ? '172.30.1.10-172.30.1.11' : 'fd00:30:1::10-fd00:30:1::11'}`,
    ),
    target(family).map((to) => `${any} dnat${of} to ${bracketed(family, to)}:8080-8081`),
    fc
      .tuple(target(family), target(family))
      .map(([first, second]) => `dnat${of} to numgen random mod 2 map { 0 : ${first}, 1 : ${second} }`),
    one('redirect'),
    port.map((at) => `${any} redirect to :${at}`),
  )
}

const source = ({ table, hook, family, protocol }: RulePlace): fc.Arbitrary<string> => {
  const of = table === 'inet' ? ` ${family}` : ''
  const own: fc.Arbitrary<string> =
    family === 'ip'
      ? one('192.0.2.2', '192.0.2.3', '198.51.100.2', '172.30.1.1')
      : one('2001:db8:1::2', '2001:db8:1::3', '2001:db8:2::2', 'fd00:30:1::1')
  const snat = fc.oneof(
    own.map((to) => `snat${of} to ${to}`),
    own.map((to) => `${ofProtocol(protocol)} snat${of} to ${bracketed(family, to)}:5000-5999`),
  )
  if (hook === 'input') return snat
  return fc.oneof(snat, one('masquerade'), fc.constant(`${ofProtocol(protocol)} masquerade to :6000-6999`))
}

const translation = (place: RulePlace): fc.Arbitrary<string> => {
  const isBefore = place.hook === 'prerouting' || place.hook === 'output'
  return fc.oneof(
    { weight: 3, arbitrary: isBefore ? destination(place) : source(place) },
    { weight: 1, arbitrary: isBefore ? rareDestination(place) : rareSource(place) },
  )
}

/**
 * Only some hooks can reject in every kernel (net/netfilter/nft_reject.c). A rejection after the handshake looks to the
 * sender like a refused SYN. So packets of established flows are dropped or accepted, and never rejected.
 */
const rejection = ({ hook, protocol, table }: RulePlace): fc.Arbitrary<string> => {
  if (hook === 'postrouting' || hook === 'prerouting') return fc.constant('drop')
  // nft 1.1.3 leaves `meta nfproto` out of the listing of a rule in an inet table that ends with it, unless a statement
  // stands between.
  const reset = table === 'inet' ? 'counter reject with tcp reset' : 'reject with tcp reset'
  return one('reject', protocol === 'tcp' ? reset : 'reject').map((text) => `ct state != established ${text}`)
}

/** A verdict map over ports, marks or interfaces. */
const dispatch = (place: RulePlace, onward: readonly string[]): fc.Arbitrary<string> => {
  const verdict = one('accept', 'return', 'continue', 'drop', ...onward.map((chain) => `jump ${chain}`))
  const key = one<readonly [string, fc.Arbitrary<string>]>(
    [`${place.protocol} dport`, port.map(String)],
    ['th dport', portRange.map(([first, last]) => `${first}-${last}`)],
    ['iifname', interfaceName.map((name) => `"${name}"`)],
    ['oifname', interfaceName.map((name) => `"${name}"`)],
    ['meta mark', mark.map(String)],
    ['ct state', one('new', 'established', 'invalid', 'untracked')],
    [`${place.family} saddr`, address(place.family)],
    isEarly(place) ? ['meta mark', mark.map(String)] : ['numgen random mod 2', one('0', '1')],
  )
  return key.chain(([asked, value]) => {
    const most = asked === 'th dport' ? 1 : 3
    return fc
      .array(fc.tuple(value, verdict), { minLength: 1, maxLength: most })
      .map((entries) => `${asked} vmap { ${unique(entries)} }`)
  })
}

const verdict = (place: RulePlace, onward: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: one('accept', 'accept', 'return') },
    { weight: 3, arbitrary: fc.constant('drop') },
    { weight: place.type === 'filter' ? 1 : 0, arbitrary: rejection(place) },
    { weight: 2, arbitrary: dispatch(place, onward) },
    { weight: 1, arbitrary: rareDispatch(place, onward, isEarly(place)) },
    ...(onward.length === 0
      ? []
      : [
          {
            weight: 5,
            arbitrary: fc
              .tuple(seldom(3), one(...onward))
              .map(([leave, chain]) => `${leave ? 'goto' : 'jump'} ${chain}`),
          },
        ]),
  )

/**
 * The statements of a rule, mostly with a verdict at the end.
 *
 * @param onward - the chains to which it may jump
 */
export const nftAction = (place: RulePlace, onward: readonly string[]): fc.Arbitrary<string> => {
  const end =
    place.type === 'nat'
      ? fc.oneof({ weight: 3, arbitrary: translation(place) }, verdict(place, onward))
      : verdict(place, onward)
  return fc.oneof(
    { weight: 3, arbitrary: end },
    { weight: 1, arbitrary: statement(place) },
    { weight: 1, arbitrary: fc.tuple(statement(place), end).map((parts) => parts.join(' ')) },
  )
}
