import type { Family } from '@portolan/netfilter'
import type { DesiredMapping } from './desired-state.ts'

type ByPort = ReadonlyMap<string, readonly DesiredMapping[]>

/**
 * Mappings do not change once they are made, so all callers share one index. The search for conflicts asks for every
 * port of a project. Scanning all mappings each time took minutes for a hundred thousand.
 */
const known = new WeakMap<readonly DesiredMapping[], ByPort>()

const keyOf = (kind: DesiredMapping['kind'], family: Family, protocol: string, port: number): string =>
  `${kind} ${family} ${protocol} ${port}`

/** The ports that a flow to the mapping asks for: the host port, or without translation the ports of its targets. */
const portsOf = ({ kind, hostPort, targets }: DesiredMapping): readonly number[] =>
  kind === 'nat' ? [hostPort] : [...new Set(targets.map(({ port }) => port))]

const sort = (mappings: readonly DesiredMapping[]): ByPort => {
  const byPort = new Map<string, DesiredMapping[]>()
  for (const mapping of mappings)
    for (const port of portsOf(mapping)) {
      const key = keyOf(mapping.kind, mapping.family, mapping.protocol, port)
      const others = byPort.get(key)
      if (others === undefined) byPort.set(key, [mapping])
      else others.push(mapping)
    }
  return byPort
}

/** The mappings of one kind, family and protocol for a port, in the order of `mappings`. */
export const mappingsOfPort = (
  mappings: readonly DesiredMapping[],
  kind: DesiredMapping['kind'],
  family: Family,
  protocol: string,
  port: number,
): readonly DesiredMapping[] => {
  const sorted = known.get(mappings) ?? sort(mappings)
  known.set(mappings, sorted)
  return sorted.get(keyOf(kind, family, protocol, port)) ?? []
}
