import { type Reading, readText, type Value } from './reading.ts'
import { asList, entriesOf, get, getGiven, type MapTree, refuse, type Tree } from './tree.ts'

/** How a service that is on none of the project's networks is reached, by the value of its `network_mode`. */
const whyNoPorts = (mode: string, other: string): string => {
  if (mode === 'none') return 'it has no network to publish from'
  if (mode.startsWith('service:')) return `it lives in the network of ${other}: publish them there`
  if (mode.startsWith('container:'))
    return `it lives in the network of the container ${other}, which is not this file's`
  return "it is on the engine's own bridge, which is not this file's: use `networks`"
}

/**
 * Reads `network_mode`. Any mode takes the service off the project's networks; what cannot be kept with it, ports
 * and networks, is refused by name.
 *
 * @returns the mode, null for none: the service is on networks as usual
 */
export const readNetworkMode = (
  reading: Reading,
  service: MapTree,
  name: string,
  services: readonly string[],
): string | null => {
  const what = `services.${name}`
  const value = readText(reading, getGiven(service, 'network_mode', what), `${what}.network_mode`)
  if (value === null || value.text === '') return null
  const other = checkMode(value, name, services)
  const networks = get(service, 'networks')
  if (networks !== null && !isEmpty(networks))
    refuse(networks.place, `${what}: \`network_mode\` and \`networks\` exclude one another: keep one of them`)
  const ports = asList(get(service, 'ports'), `${what}.ports`)
  if (ports[0] !== undefined && value.text === 'host')
    reading.note(
      `${what}: its ports are not published: with \`network_mode: host\` its processes listen on the host itself`,
      ports[0].place,
    )
  else if (ports[0] !== undefined)
    refuse(
      ports[0].place,
      `${what}: no ports can be published with \`network_mode: ${value.text}\`: ${whyNoPorts(value.text, other)}`,
    )
  if (value.text === 'bridge' || value.text === 'default')
    reading.note(
      `${what}: network_mode ${value.text} is the engine's own bridge: the service gets no address here`,
      value.place,
    )
  return value.text
}

const isEmpty = (tree: Tree): boolean =>
  tree.kind === 'map' ? entriesOf(tree).length === 0 : tree.kind === 'list' && tree.items.length === 0

/** The service or container a mode refers to; empty for the others. */
const checkMode = (value: Value, name: string, services: readonly string[]): string => {
  const mode = value.text
  if (['host', 'none', 'bridge', 'default'].includes(mode)) return ''
  const [, kind, other] = /^(service|container):(.+)$/s.exec(mode) ?? []
  if (kind === undefined || other === undefined)
    return refuse(
      value.place,
      `services.${name}.network_mode: expected host, none, bridge, service:NAME or container:NAME, found "${mode}"`,
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
