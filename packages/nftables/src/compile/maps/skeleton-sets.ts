import { type Family, families } from '@portolan/netfilter'
import type { NamedSet } from '../../model/index.ts'
import { levels, lookupTypes, mapName } from '../port-key.ts'

interface SetForm {
  readonly name: string
  readonly key: readonly string[]
  /** Null: a set, which holds no data. */
  readonly data: readonly string[] | null
  readonly isInterval: boolean
  /** A permanent set is kept when empty. The first mapping is then one new element and not a new rule. */
  readonly isPermanent: boolean
  readonly comment: string
}

const form = (
  name: string,
  key: readonly string[],
  data: readonly string[] | null,
  comment: string,
  isPermanent = false,
  isInterval = false,
): SetForm => ({ name, key, data, isInterval, isPermanent, comment })

const ofFamily = (family: Family): readonly SetForm[] => {
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'
  const end = [address, 'inet_service']
  const verdict = ['verdict']
  const host = lookupTypes(family, 'host')
  const any = lookupTypes(family, 'any')
  const named = (stem: string, level: 'host' | 'any'): string => mapName(stem, family, level)
  return [
    form(named('dnat', 'host'), host, end, 'published on one host address', true),
    form(named('dnat', 'any'), any, end, 'published on every host address', true),
    form(named('balanced', 'host'), host, verdict, 'published on one host address, served by several'),
    form(named('balanced', 'any'), any, verdict, 'published on every host address, served by several'),
    form(
      named('bound', 'host'),
      lookupTypes(family, 'bound-host'),
      verdict,
      'published on one interface and address',
    ),
    form(named('bound', 'any'), lookupTypes(family, 'bound'), verdict, 'published on one interface'),
    form(
      named('inside', 'host'),
      host,
      verdict,
      'what is bound to an interface, for the host and its containers',
    ),
    form(
      named('inside', 'any'),
      any,
      verdict,
      'what is bound to an interface, for the host and its containers',
    ),
    ...levels.map((level) =>
      form(
        mapName('restricted', family, level),
        lookupTypes(family, level),
        verdict,
        'published to some sources only',
      ),
    ),
    form(named('entrance', 'any'), ['ifname', 'ifname'], null, 'interfaces that lead to a whole network'),
    form(named('entry', 'any'), ['ifname', address], null, 'interfaces that lead to a container'),
    form(named('peers', 'any'), [address, address], null, 'containers that reach another one'),
    form(named('linked', 'any'), [address, ...host], null, 'containers that reach ports of another one'),
    form(named('opened', 'any'), [address], verdict, 'containers that some sources reach'),
    form(named('published', 'any'), host, verdict, 'container ports open without translation'),
    form(named('home', 'any'), [address], verdict, 'the bridge a source has to come in by', false, true),
    form(named('masquerade', 'any'), [address], null, 'subnets hidden behind the host', false, true),
    form(
      named('masquerade_beyond', 'any'),
      [address],
      verdict,
      'subnets hidden behind the host, but not from other hosts of the cluster',
      false,
      true,
    ),
    form(named('to_endpoint', 'any'), ['ifname', address], verdict, 'our containers on foreign bridges'),
    form(
      named('from_endpoint', 'any'),
      ['ifname', address],
      verdict,
      'packets that our containers on foreign bridges may send out',
    ),
    form(
      named('source_to_endpoint', 'any'),
      ['ifname', address],
      verdict,
      'source translation of packets to our containers on foreign bridges',
    ),
    form(
      named('home_endpoint', 'any'),
      [address],
      verdict,
      'the foreign bridge that a container of ours has to send through',
    ),
    form(
      named('masquerade_endpoint', 'any'),
      [address],
      verdict,
      'our containers on foreign bridges, hidden behind the host',
    ),
  ]
}

const forms: readonly SetForm[] = [
  form('bridges', ['ifname'], null, 'every container network', true),
  form('internal', ['ifname'], null, 'networks cut off from the outside'),
  form('isolated', ['ifname'], ['verdict'], 'networks without a gateway'),
  form('from_network', ['ifname'], ['verdict'], 'by the bridge a packet came in by, to be masqueraded'),
  form('to_network', ['ifname'], ['verdict'], 'by the bridge a packet leaves by', true),
  form('source_to_network', ['ifname'], ['verdict'], 'by the bridge a packet leaves by', true),
  ...families.flatMap(ofFamily),
]

const byName: ReadonlyMap<string, SetForm> = new Map(forms.map((found) => [found.name, found]))

/** Is this one of the sets and maps that hold the elements of projects? */
export const isOwnSet = (name: string): boolean => byName.has(name)

/** The types of the data in one of our maps. Null: a set, or no set of ours. */
export const dataTypesOf = (name: string): readonly string[] | null => byName.get(name)?.data ?? null

/** The sets of our table in their fixed order, with these elements. An empty set is left out unless it is permanent. */
export const skeletonSets = (elements: ReadonlyMap<string, NamedSet['elements']>): readonly NamedSet[] =>
  forms.flatMap(({ name, key, data, isInterval, isPermanent, comment }): readonly NamedSet[] => {
    const held = elements.get(name) ?? []
    if (held.length === 0 && !isPermanent) return []
    return [
      {
        kind: data === null ? 'set' : 'map',
        name,
        handle: null,
        comment,
        keyType: { kind: 'names', names: key },
        dataType: data === null ? null : { kind: 'names', names: data },
        flags: isInterval ? ['interval'] : [],
        elements: held,
        attributes: null,
      },
    ]
  })
