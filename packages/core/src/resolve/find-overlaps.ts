import { type Binding, type Conflict, overlappingHostPort } from '../conflict/index.ts'
import type { DesiredMapping } from '../contract/desired-state.ts'
import type { PublishedPort } from '../contract/index.ts'

/**
 * Finds pairs of a narrow and a wide binding of one port, at least one of them of this project. The narrow one names an
 * address or an interface, and the wide one covers it.
 */
export const findOverlaps = (
  project: string,
  mappings: readonly DesiredMapping[],
  others: readonly PublishedPort[],
): readonly Conflict[] => {
  // Usually every binding covers all addresses and interfaces, and no pair needs a comparison.
  if (!mappings.some(isNarrow) && !others.some(isNarrow)) return []
  const onPort = new Map<string, Binding[]>()
  const add = (port: Binding): void => {
    const key = `${port.family} ${port.protocol} ${port.hostPort}`
    const known = onPort.get(key)
    if (known === undefined) onPort.set(key, [port])
    else known.push(port)
  }
  for (const mapping of mappings) if (mapping.kind === 'nat') add({ ...mapping, project })
  for (const other of others) add(other)
  return [...onPort.values()].flatMap((ports) =>
    ports.length < 2
      ? []
      : overlapsOf(ports).flatMap(([narrow, wide]) => overlappingHostPort(narrow, wide) ?? []),
  )
}

const isNarrow = ({
  hostAddress,
  interface: name,
}: Pick<PublishedPort, 'hostAddress' | 'interface'>): boolean => hostAddress !== null || name !== null

type Pair = readonly [narrow: Binding, wide: Binding]

/**
 * The pairs that share packets. Most hosts have many addresses on one port, and few bindings to all addresses. Only
 * these few are compared with each of the others.
 */
const overlapsOf = (ports: readonly Binding[]): readonly Pair[] => {
  const atAddress = new Map<string, Binding[]>()
  const everywhere = ports.filter(({ hostAddress }) => hostAddress === null)
  for (const port of ports) {
    if (port.hostAddress === null) continue
    const known = atAddress.get(port.hostAddress)
    if (known === undefined) atAddress.set(port.hostAddress, [port])
    else known.push(port)
  }
  return [
    ...[...atAddress.values()].flatMap((group) =>
      group.flatMap((narrow) =>
        everywhere.filter((wide) => shareInterface(narrow, wide)).map((wide): Pair => [narrow, wide]),
      ),
    ),
    ...[everywhere, ...atAddress.values()].flatMap(pairsByInterface),
  ]
}

const shareInterface = (a: Binding, b: Binding): boolean =>
  a.interface === null || b.interface === null || a.interface === b.interface

/** The pairs among bindings with the same address: each binding to an interface with each to no interface. */
const pairsByInterface = (ports: readonly Binding[]): readonly Pair[] => {
  const wide = ports.filter((port) => port.interface === null)
  return ports.flatMap((narrow) => (narrow.interface === null ? [] : wide.map((one): Pair => [narrow, one])))
}
