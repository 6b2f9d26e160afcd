import type { SourcePosition } from '@portolan/netfilter'
import type { ExposedPorts, PortMapping } from '../intent.ts'
import { isMistake, type Mistake } from '../mistake.ts'
import {
  printPortMapping,
  rangeMismatch,
  readHostAddress,
  readPortMapping,
  readProtocol,
} from '../port-mapping.ts'
import { readHostPorts, readPortRange } from '../port-range.ts'
import { readInterfaceName } from './names.ts'
import { onlyOurKeys, ourPortKeys } from './our-keys.ts'
import { readPrefix } from './read-prefix.ts'
import {
  type Reading,
  readInteger,
  readText,
  readTexts,
  readValue,
  refuseMistake,
  type Value,
} from './reading.ts'
import {
  asList,
  asMap,
  asWholeList,
  get,
  getGiven,
  type MapTree,
  onlyKeys,
  refuse,
  type Tree,
} from './tree.ts'

/** One entry of `ports`, in either syntax. */
export interface PublishedPort {
  readonly mapping: PortMapping
  readonly interface: string | null
  readonly allowFrom: readonly string[] | null
  readonly weight: number | null
  readonly place: SourcePosition
}

const longKeys = ['target', 'published', 'host_ip', 'protocol', 'mode', 'name', 'app_protocol']

/** The entries of one file that have the same address, ports and protocol. */
interface SameSocket {
  readonly file: number
  readonly ports: Map<string, PublishedPort>
}

/**
 * Reads `ports`. Where several files give the same address, ports and protocol, the entries of the last file count
 * (Compose Specification, 13-merge: "unique resources"). Within one file, entries with different sources, interfaces or
 * weights all count. Dropping one of them in silence could close or open a port.
 */
export const readPorts = (reading: Reading, service: MapTree, what: string): readonly PublishedPort[] => {
  const sockets = new Map<string, SameSocket>()
  const written = getGiven(service, 'ports', what.slice(0, -'.ports'.length))
  const seams = written?.kind === 'list' ? (written.seams ?? []) : []
  let index = 0
  for (const [at, item] of asWholeList(written, what).entries()) {
    if (item.tag === 'reset') continue
    const port = readPort(reading, item, `${what}[${index}]`)
    const file = seams.filter((seam) => seam <= at).length
    const socket = printPortMapping(port.mapping)
    const known = sockets.get(socket)
    const ports = known?.file === file ? known.ports : new Map<string, PublishedPort>()
    sockets.set(socket, { file, ports: ports.set(detailOf(port), port) })
    index += 1
  }
  return [...sockets.values()].flatMap(({ ports }) => [...ports.values()])
}

const detailOf = ({ interface: name, allowFrom, weight }: PublishedPort): string =>
  JSON.stringify([name, allowFrom && [...allowFrom].sort(), weight])

const readPort = (reading: Reading, item: Tree, what: string): PublishedPort => {
  if (item.kind === 'map') return readLong(reading, item, what)
  const value = readValue(reading, item, what, 'a port mapping such as "8080:80"')
  const mapping = sound(readPortMapping(value.text), value, what)
  return { mapping, interface: null, allowFrom: null, weight: null, place: value.place }
}

/** Returns the result, or refuses the value for the mistake in it. */
const sound = <T extends object>(result: T | Mistake, value: Value, what: string): T =>
  isMistake(result) ? refuseMistake(value, what, result) : result

const readLong = (reading: Reading, item: MapTree, what: string): PublishedPort => {
  onlyKeys(item, longKeys, what)
  for (const key of longKeys) getGiven(item, key, what)
  const text = (key: string): Value | null => readText(reading, getGiven(item, key, what), `${what}.${key}`)
  const target =
    text('target') ?? refuse(item.place, `${what}: expected a \`target\`, the port of the container`)
  const containerPorts = sound(readPortRange(target.text, 0, 'container'), target, `${what}.target`)
  const published = text('published')
  const wanted = published === null ? null : readHostPorts(published.text, 0)
  const hostPorts =
    published === null || wanted === null ? null : sound(wanted, published, `${what}.published`)
  if (published !== null && hostPorts !== null) {
    const mismatch = rangeMismatch(hostPorts, containerPorts)
    if (mismatch !== null) refuse(published.place, `${what}: ${mismatch}`)
  }
  const host = text('host_ip')
  const hostAddress =
    host === null || host.text === ''
      ? null
      : sound(readHostAddress(host.text, 0), host, `${what}.host_ip`).address
  const name = text('protocol')
  const protocol =
    name === null || name.text === ''
      ? 'tcp'
      : sound(readProtocol(name.text, 0), name, `${what}.protocol`).protocol
  return {
    mapping: { hostAddress, hostPorts, containerPorts, protocol },
    ...readOurs(
      reading,
      asMap(getGiven(item, 'x-portolan', what), `${what}.x-portolan`),
      `${what}.x-portolan`,
    ),
    place: item.place,
  }
}

const readOurs = (
  reading: Reading,
  ours: MapTree | null,
  what: string,
): Pick<PublishedPort, 'interface' | 'allowFrom' | 'weight'> => {
  if (ours === null) return { interface: null, allowFrom: null, weight: null }
  onlyOurKeys(ours, ourPortKeys, what)
  const name = readText(reading, get(ours, 'interface'), `${what}.interface`)
  return {
    interface:
      name === null
        ? null
        : readInterfaceName(name, `${what}.interface`, ', or no `interface` for all of them'),
    allowFrom: readAllowFrom(reading, ours, `${what}.allow_from`),
    weight: readInteger(reading, get(ours, 'weight'), `${what}.weight`, [1, 65535]),
  }
}

/** Refuses a key without a value: a key that should close a port must not leave it open. */
const readAllowFrom = (reading: Reading, ours: MapTree, what: string): readonly string[] | null => {
  const entry = ours.entries.get('allow_from')
  if (entry === undefined || entry.value.tag === 'reset') return null
  if (entry.value.kind === 'scalar' && entry.value.isNull)
    return refuse(entry.keyPlace, `${what}: expected a list of prefixes; \`[]\` is no other machine at all`)
  const prefixes = readTexts(reading, entry.value, what).map((value) => {
    const prefix = readPrefix(reading, value, what)
    if (prefix === null)
      return refuse(
        value.place,
        `${what}: expected an address or a prefix such as 192.0.2.0/24, found "${value.text}"`,
      )
    return prefix
  })
  return [...new Set(prefixes)]
}

/** Reads `expose`: the ports that linking containers reach where `icc` is off. */
export const readExpose = (reading: Reading, service: MapTree, what: string): readonly ExposedPorts[] =>
  asList(getGiven(service, 'expose', what.slice(0, -'.expose'.length)), what).map((item, index) => {
    const path = `${what}[${index}]`
    const value = readValue(reading, item, path, 'a port such as "3000"')
    const slash = value.text.indexOf('/')
    const ports = sound(
      readPortRange(slash === -1 ? value.text : value.text.slice(0, slash), 0, 'container'),
      value,
      path,
    )
    if (slash === -1) return { protocol: 'tcp', ports }
    const { protocol } = sound(readProtocol(value.text.slice(slash + 1), slash + 1), value, path)
    return { protocol, ports }
  })
