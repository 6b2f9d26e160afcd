import { didYouMean } from '@portolan/netfilter/text'
import { type Reading, readText, type Value } from './reading.ts'
import { asList, entriesOf, get, getGiven, type MapTree, refuse, type Tree } from './tree.ts'

/** Where the ports of a service are if its `network_mode` takes it off the project's networks. */
const whereItIs = (mode: string, other: string): string => {
  if (mode === 'none') return 'it has no network'
  if (mode === 'host') return 'its processes listen on the host itself'
  if (mode.startsWith('service:')) return `it lives in the network of ${other}. Publish them at ${other}`
  if (mode.startsWith('container:'))
    return `it lives in the network of the container ${other}, which is not this file's`
  return "it is on a network of the engine, which is not this file's. Use `networks` instead"
}

/**
 * Reads `network_mode`. Any mode takes the service off the project's networks. The engine keeps its ports, and a note
 * names them. `networks` beside the mode is refused, as in Compose.
 *
 * @returns the mode; null: none, the service is on networks as usual
 */
export const readNetworkMode = (
  reading: Reading,
  service: MapTree,
  name: string,
  services: readonly string[],
): Value | null => {
  const what = `services.${name}`
  const value = readText(reading, getGiven(service, 'network_mode', what), `${what}.network_mode`)
  if (value === null || value.text === '') return null
  const other = checkMode(value, name, services)
  const networks = get(service, 'networks')
  if (networks !== null && !isEmpty(networks))
    refuse(networks.place, `${what}: \`network_mode\` and \`networks\` exclude one another: keep one of them`)
  if (other === '' && !['host', 'none'].includes(value.text))
    reading.note(
      `${what}: network_mode ${value.text} is ${ownBridges.includes(value.text) ? "the engine's own bridge" : 'a network of the engine'}: the service gets no address here${words.includes(value.text) ? '' : didYouMean(value.text, words)}`,
      value.place,
    )
  const [port] = asList(get(service, 'ports'), `${what}.ports`)
  if (port !== undefined)
    reading.note(
      `${what}: its ports are not published: with \`network_mode: ${value.text}\` ${whereItIs(value.text, other)}`,
      port.place,
    )
  return value
}

const ownBridges: readonly string[] = ['bridge', 'default']
const words: readonly string[] = ['host', 'none', ...ownBridges]

const isEmpty = (tree: Tree): boolean =>
  tree.kind === 'map' ? entriesOf(tree).length === 0 : tree.kind === 'list' && tree.items.length === 0

/** The service or container that a mode refers to; empty for other modes, such as the name of an engine's network. */
const checkMode = (value: Value, name: string, services: readonly string[]): string => {
  const mode = value.text
  const [, kind, other = ''] = /^(service|container):(.*)$/s.exec(mode) ?? []
  if (kind === undefined) return ''
  if (other === '')
    return refuse(
      value.place,
      `services.${name}.network_mode: expected the name of a ${kind} after \`${kind}:\`, found nothing`,
    )
  if (kind === 'service' && other === name)
    refuse(value.place, `services.${name}.network_mode: the service cannot live in its own network`)
  if (kind === 'service' && !services.includes(other))
    refuse(
      value.place,
      `services.${name}.network_mode: no service is called "${other}" (or its profile is not enabled)`,
    )
  return other
}

/** Refuses services that live in each other's network in a circle, because none of them has a network. */
export const checkModeCycles = (modes: ReadonlyMap<string, Value>): void => {
  const next = (name: string): string | undefined => /^service:(.+)$/s.exec(modes.get(name)?.text ?? '')?.[1]
  const settled = new Set<string>()
  for (const [name, { place }] of modes) {
    const chain: string[] = []
    let at: string | undefined = name
    for (; at !== undefined && !settled.has(at) && !chain.includes(at); at = next(at)) chain.push(at)
    if (at !== undefined && chain.includes(at))
      refuse(
        modes.get(at)?.place ?? place,
        `services.${at}.network_mode: services live in one another's network: ${[...chain.slice(chain.indexOf(at)), at].join(' -> ')}. Give one of them a network of its own`,
      )
    for (const one of chain) settled.add(one)
  }
}
