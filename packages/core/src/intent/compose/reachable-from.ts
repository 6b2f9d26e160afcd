import { closestOf } from '@portolan/netfilter/text'
import type { ReachableIntent, ReachableSource } from '../reachable.ts'
import { faultOfInterfaceName } from './names.ts'
import { onlyOurKeys, refusePortKeys } from './our-keys.ts'
import { readPrefix } from './read-prefix.ts'
import { type Reading, readTexts, type Value } from './reading.ts'
import { asMap, get, getGiven, type MapTree, refuse, type Tree } from './tree.ts'

/** The names of services and networks in a file, including those of profiles that are not enabled. */
export interface Named {
  readonly services: ReadonlySet<string>
  readonly networks: ReadonlySet<string>
}

const whatIsMeant =
  'expected a service or a network of this file, an interface such as wg0, or a prefix such as 10.8.0.0/24'

const readSourcePrefix = (reading: Reading, value: Value, what: string): ReachableSource | null => {
  const prefix = readPrefix(reading, value, what)
  return prefix === null ? null : { kind: 'prefix', prefix }
}

const kinds = ['service', 'network', 'interface'] as const

/** Reads `network:front`, the form for a name that a service and a network share, or an interface too. */
const readKind = (value: Value, named: Named, what: string): ReachableSource | null => {
  const kind = kinds.find((one) => value.text.startsWith(`${one}:`))
  if (kind === undefined) return null
  const name = value.text.slice(kind.length + 1)
  if (kind === 'interface') {
    const fault = faultOfInterfaceName(name)
    return fault === null
      ? { kind, name }
      : refuse(value.place, `${what}: "${name}" is no interface name: ${fault}`)
  }
  const known = kind === 'service' ? named.services : named.networks
  if (!known.has(name)) return refuse(value.place, `${what}: no ${kind} is called "${name}": ${whatIsMeant}`)
  return kind === 'service' ? { kind, service: name } : { kind, network: name }
}

/** Reads a plain name. A service or network of the file wins over an interface of that name. */
const readName = (reading: Reading, value: Value, named: Named, what: string): ReachableSource => {
  const { text, place } = value
  const isService = named.services.has(text)
  const isNetwork = named.networks.has(text)
  if (isService && isNetwork)
    return refuse(
      place,
      `${what}: "${text}" is a service and a network: expected \`service:${text}\` or \`network:${text}\``,
    )
  if (isService) return { kind: 'service', service: text }
  if (isNetwork) return { kind: 'network', network: text }
  if (/[/:]|^[0-9.]*$/.test(text)) return refuse(place, `${what}: ${whatIsMeant}, found "${text}"`)
  const fault = faultOfInterfaceName(text)
  if (fault !== null)
    return refuse(place, `${what}: "${text}" is no service, no network and no interface name: ${fault}`)
  const meant = closestOf(text, [...named.services, ...named.networks])
  if (meant !== null)
    reading.note(
      `${what}: "${text}" is no service or network of this file, and is taken for an interface: did you mean "${meant}"? Write \`interface:${text}\` if not`,
      place,
    )
  return { kind: 'interface', name: text }
}

/** Refuses a name that YAML reads as a number or a truth value: it would pass for an interface. */
const refuseTyped = (tree: Tree, what: string): void => {
  const items = tree.kind === 'list' ? tree.items.filter(({ tag }) => tag !== 'reset') : [tree]
  for (const [index, item] of items.entries())
    if (item.kind === 'scalar' && item.typed !== undefined)
      refuse(
        item.place,
        `${what}[${index}]: ${whatIsMeant}, found ${item.text}, which YAML takes for ${item.typed}: write "${item.text}" in quotes if it is a name`,
      )
}

const readEntries = (
  reading: Reading,
  ours: MapTree,
  named: Named,
  what: string,
): readonly ReachableIntent[] => {
  const entry = ours.entries.get('reachable_from')
  if (entry === undefined || entry.value.tag === 'reset') return []
  if (entry.value.kind === 'scalar' && entry.value.isNull)
    return refuse(entry.keyPlace, `${what}: expected a list, found nothing: ${whatIsMeant}`)
  refuseTyped(entry.value, what)
  const seen = new Set<string>()
  return readTexts(reading, entry.value, what).flatMap((value, index) => {
    const path = `${what}[${index}]`
    const from =
      readSourcePrefix(reading, value, path) ??
      readKind(value, named, path) ??
      readName(reading, value, named, path)
    const key = JSON.stringify(from)
    if (seen.has(key)) return []
    seen.add(key)
    return [{ from, place: value.place }]
  })
}

/** Reads `reachable_from` under `x-portolan` of a service. */
export const readServiceReachable = (
  reading: Reading,
  service: MapTree,
  name: string,
  named: Named,
): readonly ReachableIntent[] => {
  const what = `services.${name}.x-portolan`
  const ours = asMap(getGiven(service, 'x-portolan', `services.${name}`), what)
  if (ours === null) return []
  refusePortKeys(ours, what)
  onlyOurKeys(ours, ['reachable_from'], what)
  return readEntries(reading, ours, named, `${what}.reachable_from`)
}

/** Reads `reachable_from` under `x-portolan` of a network. */
export const readNetworkReachable = (
  reading: Reading,
  body: MapTree | null,
  name: string,
  named: Named,
): readonly ReachableIntent[] => {
  const what = `networks.${name}.x-portolan`
  const ours = asMap(get(body, 'x-portolan'), what)
  return ours === null ? [] : readEntries(reading, ours, named, `${what}.reachable_from`)
}
