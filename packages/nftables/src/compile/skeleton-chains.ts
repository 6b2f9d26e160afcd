import { type Family, families } from '@portolan/netfilter'
import { chain, rule } from '../model/build.ts'
import {
  accept,
  type BaseChain,
  type Chain,
  concat,
  ct,
  drop,
  type Expression,
  type FibExpression,
  goto,
  is,
  isNot,
  jump,
  type ListExpression,
  has as matches,
  meta,
  nat,
  payload,
  type Rule,
  reference,
  type Statement,
  text,
  vmap,
} from '../model/index.ts'
import { type Level, levels, lookupKey, mapName, tellsFamily } from './port-key.ts'
import { prefix } from './sources.ts'

const base = (type: string, hook: string, priority: number): BaseChain => ({
  type,
  hook,
  priority,
  policy: 'accept',
  devices: [],
})

/**
 * The priority of our nat chain at prerouting and output. Nat chains run in the order of their priorities among nat
 * chains, and the first binding wins (net/netfilter/nf_nat_core.c, nf_nat_inet_fn). Among equal priorities the chain
 * registered last runs first. At dstnat itself, an engine that reloads after us would take over our ports.
 */
const beforeDstnat = -105
const beforeSrcnat = 95
const mangle = -150

const isLocal: FibExpression = { kind: 'fib', result: 'type', flags: ['daddr'] }
const inNetwork = is(meta('iifname'), reference('bridges'))
const r = (...statements: readonly Statement[]): Rule => rule(null, ...statements)

/** Does the table have a set of this name? */
type Has = (name: string) => boolean

const inFamily = (family: Family, level: Level): readonly Statement[] =>
  tellsFamily(level) ? [] : [is(meta('nfproto'), text(family === 'ip' ? 'ipv4' : 'ipv6'))]

const goByMap = (name: string, family: Family, level: Level, has: Has): readonly Rule[] =>
  has(name) ? [r(...inFamily(family, level), vmap(lookupKey(family, level), reference(name)))] : []

const translate = (family: Family, level: Level): Rule => {
  const name = mapName('dnat', family, level)
  const end: Expression = { kind: 'map', key: lookupKey(family, level), data: reference(name) }
  return r(...inFamily(family, level), nat('dnat', family, end))
}

/** Rules that skip published ports for some packets of each family. Only IPv6 has such packets. */
const skipped: Readonly<Record<Family, readonly Rule[]>> = {
  ip: [],
  ip6: [
    // The address of a link-local client means nothing without its interface, which DNAT would change.
    r(is(payload('ip6', 'saddr'), prefix('fe80::/10')), accept),
    // IPv6 has no route_localnet: packets to ::1 cannot leave the host.
    r(is(payload('ip6', 'daddr'), text('::1')), accept),
  ],
}

const lookups = (family: Family, has: Has): readonly Rule[] => [
  ...skipped[family],
  ...goByMap(mapName('bound', family, 'host'), family, 'bound-host', has),
  translate(family, 'host'),
  ...goByMap(mapName('balanced', family, 'host'), family, 'host', has),
  ...goByMap(mapName('bound', family, 'any'), family, 'bound', has),
  translate(family, 'any'),
  ...goByMap(mapName('balanced', family, 'any'), family, 'any', has),
]

/**
 * The same lookups for packets from the host and its containers, which come in by no interface that a mapping is bound
 * to.
 */
const insideLookups = (family: Family, has: Has): readonly Rule[] => [
  ...skipped[family],
  ...goByMap(mapName('inside', family, 'host'), family, 'host', has),
  translate(family, 'host'),
  ...goByMap(mapName('balanced', family, 'host'), family, 'host', has),
  ...goByMap(mapName('inside', family, 'any'), family, 'any', has),
  translate(family, 'any'),
  ...goByMap(mapName('balanced', family, 'any'), family, 'any', has),
]

const hasInside = (has: Has): boolean =>
  families.some((family) => has(mapName('inside', family, 'host')) || has(mapName('inside', family, 'any')))

const restrictions = (has: Has): readonly Rule[] =>
  families.flatMap((family) =>
    levels.flatMap((level) => goByMap(mapName('restricted', family, level), family, level, has)),
  )

/**
 * The rules that check the source of packets from our subnets. Only new, invalid and untracked packets are checked. A
 * container with two networks may reply over either, and its replies are established. Established flows and ICMP errors
 * (related) are not checked.
 */
const homes = (has: Has): readonly Rule[] => ['home_endpoint', 'home'].flatMap((stem) => bySource(stem, has))

const bySource = (stem: string, has: Has): readonly Rule[] =>
  families.flatMap((family) => {
    const name = mapName(stem, family, 'any')
    return has(name) ? [r(vmap(payload(family, 'saddr'), reference(name)))] : []
  })

/** Rules that look up our containers on foreign bridges, by bridge and address. */
const byEndpoint = (stem: string, link: 'iifname' | 'oifname', side: 'saddr' | 'daddr', has: Has) =>
  families.flatMap((family): readonly Rule[] => {
    const name = mapName(stem, family, 'any')
    return has(name) ? [r(vmap(concat(meta(link), payload(family, side)), reference(name)))] : []
  })

const beforeReplies: ListExpression = {
  kind: 'list',
  items: ['invalid', 'new', 'untracked'].map(text),
}

const withoutEntry: ListExpression = { kind: 'list', items: ['invalid', 'untracked'].map(text) }

const loopback = prefix('127.0.0.0/8')
const guardLoopback = r(inNetwork, jump('guard_network'))
const established = matches(ct('state'), text('established'))

/**
 * Does a network drop packets of established flows? An internal network does. On a foreign bridge an internal network
 * shows in `from_endpoint`, the map of its containers' addresses. A masqueraded network there uses that map too,
 * without dropping established flows. The map does not tell the two apart.
 */
const hasCutOff = (has: Has): boolean =>
  has('internal') || families.some((family) => has(mapName('from_endpoint', family, 'any')))

/**
 * The rules that accept packets of established flows at once. The first packet of such a flow has passed all later
 * rules. A flow to or from 127/8 is not accepted here: it may have begun before our rules existed.
 */
const begun = (has: Has): readonly Rule[] => [
  r(
    established,
    isNot(ct('ip daddr', 'original'), loopback),
    isNot(payload('ip', 'saddr'), loopback),
    accept,
  ),
  ...(has('home6') ? [r(established, is(meta('nfproto'), text('ipv6')), accept)] : []),
]

/** The chains that all projects share, without the rules that projects add to them. */
export const skeletonChains = (has: Has, guardsForwarding = false): readonly Chain[] => {
  const cutsOff = hasCutOff(has)
  const restricted = restrictions(has)
  const inside = hasInside(has)
  const sources = [
    ...(has('isolated') ? [r(vmap(meta('iifname'), reference('isolated')))] : []),
    ...homes(has),
  ]
  const toLocal = r(isNot(isLocal, text('local')), accept)
  const masquerade = families.flatMap((family) => {
    const name = mapName('masquerade', family, 'any')
    return has(name) ? [r(is(payload(family, 'saddr'), reference(name)), nat('masquerade'))] : []
  })
  return [
    // Each forwarded packet passes a chain at prerouting, so the chain exists only where it is needed.
    ...(restricted.length > 0
      ? [
          {
            ...chain(
              'guard_prerouting',
              [r(is(meta('iifname'), text('lo')), accept), r(inNetwork, accept), r(goto('guard_published'))],
              'drops what must not come in, before any DNAT',
            ),
            base: base('filter', 'prerouting', mangle),
          },
          chain(
            'guard_published',
            [r(is(ct('direction'), text('reply')), accept), toLocal, ...restricted],
            'sources that may reach a published port from another machine',
          ),
        ]
      : []),
    {
      ...chain('guard_input', [r(inNetwork, goto('guard_network'))], 'drops what must not reach the host'),
      base: base('filter', 'input', mangle),
    },
    // route_localnet is on at our bridges, so that the host can be answered. The kernel then no longer keeps containers
    // away from 127/8, and these rules do. The rules ask the conntrack entry and not the packet. At the input hook the
    // destination is already translated: the destination of a reply to 127.0.0.1 is 127.0.0.1 again, and rules of the
    // host may translate other addresses to loopback. The entry has the destination that the packet came with (in an
    // ICMP error too: nf_conntrack_inet_error compares both).
    chain(
      'guard_network',
      [
        r(is(payload('ip', 'saddr'), loopback), drop),
        ...(['original', 'reply'] as const).map((direction) =>
          r(is(ct('direction'), text(direction)), is(ct('ip daddr', direction), loopback), drop),
        ),
        // An invalid or untracked packet has no conntrack entry, so its destination was not translated.
        r(matches(ct('state'), withoutEntry), is(payload('ip', 'daddr'), loopback), drop),
      ],
      'no container reaches the loopback of the host, or has its address',
    ),
    {
      ...chain(
        'nat_prerouting',
        [toLocal, ...(inside ? [r(inNetwork, goto('published_inside'))] : []), r(jump('published_ports'))],
        'published ports, for other machines and for containers',
      ),
      base: base('nat', 'prerouting', beforeDstnat),
    },
    {
      ...chain(
        'nat_output',
        [toLocal, r(inside ? goto('published_inside') : jump('published_ports'))],
        'published ports, for processes of the host',
      ),
      base: base('nat', 'output', beforeDstnat),
    },
    chain(
      'published_ports',
      families.flatMap((family) => lookups(family, has)),
      'the most exact mapping first',
    ),
    ...(inside
      ? [
          chain(
            'published_inside',
            families.flatMap((family) => insideLookups(family, has)),
            'for the host and its containers, whatever interface a mapping is bound to',
          ),
        ]
      : []),
    ...(sources.length > 0
      ? [
          chain(
            'guard_sources',
            sources,
            'a source of one of our subnets came in by its bridge, or is forged',
          ),
        ]
      : []),
    {
      ...chain(
        'forward',
        [
          ...(cutsOff || guardsForwarding ? [] : begun(has)),
          ...(sources.length > 0 ? [r(matches(ct('state'), beforeReplies), jump('guard_sources'))] : []),
          ...(cutsOff ? [guardLoopback] : []),
          ...byEndpoint('to_endpoint', 'oifname', 'daddr', has),
          r(vmap(meta('oifname'), reference('to_network'))),
          ...(has('internal') ? [r(is(meta('iifname'), reference('internal')), drop)] : []),
          // The chains of the networks drop loopback addresses themselves. In tables of older versions they may not.
          ...(cutsOff ? [] : [guardLoopback]),
          ...byEndpoint('from_endpoint', 'iifname', 'saddr', has),
          ...(has('from_network')
            ? [r(matches(ct('state'), beforeReplies), vmap(meta('iifname'), reference('from_network')))]
            : []),
        ],
        'drops what must not reach a container; accepts nothing that others drop',
      ),
      base: base('filter', 'forward', 0),
    },
    {
      ...chain(
        'nat_postrouting',
        [
          r(is(meta('oifname'), text('lo')), accept),
          ...byEndpoint('source_to_endpoint', 'oifname', 'daddr', has),
          r(vmap(meta('oifname'), reference('source_to_network'))),
          ...masquerade,
          ...bySource('masquerade_beyond', has),
          ...bySource('masquerade_endpoint', has),
        ],
        'sources that replies could not reach otherwise',
      ),
      base: base('nat', 'postrouting', beforeSrcnat),
    },
  ]
}

const names: ReadonlySet<string> = new Set(skeletonChains(() => true).map(({ name }) => name))

/** Is this one of the chains that all projects share? */
export const isSkeletonChain = (name: string): boolean => names.has(name)
