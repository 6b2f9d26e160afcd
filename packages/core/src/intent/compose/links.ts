import type { ExposedPorts, LinkIntent } from '../intent.ts'
import { type Reading, readValue } from './reading.ts'
import { asList, getGiven, type MapTree, refuse } from './tree.ts'

/**
 * Reads `links`: `service` or `service:alias` (Compose Specification, 05-services).
 *
 * @param services - the enabled services; Compose refuses a link to any other
 */
export const readLinks = (
  reading: Reading,
  service: MapTree,
  name: string,
  services: ReadonlySet<string>,
): readonly LinkIntent[] =>
  asList(getGiven(service, 'links', `services.${name}`), `services.${name}.links`).map((item, index) => {
    const what = `services.${name}.links[${index}]`
    const value = readValue(reading, item, what, 'the name of a service')
    const [to = '', alias = to] = value.text.split(':')
    if (!services.has(to))
      refuse(value.place, `${what}: no service is called "${to}" (or its profile is not enabled)`)
    return { service: name, to, alias, place: value.place }
  })

/** The parts of a service that its own links, and links to it, need. */
interface Linked {
  readonly name: string
  readonly links: readonly LinkIntent[]
  readonly expose: readonly ExposedPorts[]
  readonly ports: readonly {
    readonly mapping: {
      readonly protocol: ExposedPorts['protocol']
      readonly containerPorts: ExposedPorts['ports']
    }
  }[]
}

/** The links of all services, each with the ports that the other service exposes. */
export const linksOf = (services: readonly Linked[]): readonly LinkIntent[] => {
  const byName = new Map(services.map((service) => [service.name, service]))
  return services.flatMap(({ links }) =>
    links.map((link) => {
      const { expose = [], ports = [] } = byName.get(link.to) ?? {}
      const published = ports.map(
        ({ mapping: { protocol, containerPorts } }): ExposedPorts => ({ protocol, ports: containerPorts }),
      )
      const exposed = [...expose, ...published]
      return exposed.length === 0 ? link : { ...link, exposed }
    }),
  )
}
