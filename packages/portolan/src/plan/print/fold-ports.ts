import type { DesiredMapping, DesiredTarget } from '@portolan/core'
import type { Family } from '@portolan/netfilter'

/**
 * Mappings of neighbouring ports and of several host addresses, which a project publishes as one.
 * @internal
 */
export interface FoldedPorts extends Pick<DesiredMapping, 'protocol' | 'kind' | 'interface'> {
  readonly hosts: readonly Pick<DesiredMapping, 'family' | 'hostAddress'>[]
  readonly first: number
  readonly last: number
  /** The targets of the first port. */
  readonly targets: readonly DesiredTarget[]
  /** By how much the targets' ports grow from one host port to the next: with it, or not at all. */
  readonly step: 0 | 1
  /** Prefixes of all families; null: every source. */
  readonly allowFrom: readonly string[] | null
}

/**
 * Mappings as a user would write them: ranges whose target ports run in step, and both families, as one. In the order
 * in which the first of each comes. What differs in where it leads, or in the sources that it serves, stays apart.
 * @internal
 */
export const foldPorts = (mappings: readonly DesiredMapping[]): readonly FoldedPorts[] =>
  joinHosts(rangesOf(mappings))

/** Ports of one socket address that follow one another. */
interface Range {
  readonly mapping: DesiredMapping
  readonly sources: string
  last: number
  step: 0 | 1 | null
}

const rangesOf = (mappings: readonly DesiredMapping[]): readonly Range[] => {
  const sourcesOf = sourceTexts()
  const ranges: Range[] = []
  const open = new Map<string, Range>()
  for (const mapping of mappings) {
    const { family, hostAddress, hostPort } = mapping
    const sources = sourcesOf(mapping.allowFrom)
    const key = JSON.stringify([family, hostAddress, sources, ...placeOf(mapping, 'address')])
    const range = open.get(key)
    if (range !== undefined && hostPort === range.last + 1 && continues(range, mapping)) {
      range.step ??= portsOf(mapping) === portsOf(range.mapping) ? 0 : 1
      range.last = hostPort
    } else {
      const next: Range = { mapping, sources, last: hostPort, step: null }
      ranges.push(next)
      open.set(key, next)
    }
  }
  return ranges
}

const continues = ({ mapping, last, step }: Range, { targets }: DesiredMapping): boolean => {
  const steps = step === null ? [0, 1] : [step]
  const along = last + 1 - mapping.hostPort
  return steps.some((one) =>
    targets.every(({ port }, at) => port === (mapping.targets[at]?.port ?? 0) + one * along),
  )
}

const portsOf = ({ targets }: DesiredMapping): string => targets.map(({ port }) => port).join()

/** All but ports, families and addresses that mappings of one range, or of several hosts, have in common. */
const placeOf = ({ protocol, kind, interface: by, targets }: DesiredMapping, also?: 'address'): unknown[] => [
  protocol,
  kind,
  by,
  targets.map(({ service, replica, network, weight, address }) => [
    service,
    replica,
    network,
    weight,
    also === undefined ? null : address,
  ]),
]

/** Lists of sources as texts to compare. A range of ports has one list, which may be long, for all of its ports. */
const sourceTexts = (): ((allowFrom: readonly string[] | null) => string) => {
  const known = new WeakMap<readonly string[], string>()
  return (allowFrom) => {
    if (allowFrom === null) return '*'
    const text = known.get(allowFrom) ?? allowFrom.join()
    known.set(allowFrom, text)
    return text
  }
}

interface Joined {
  readonly ranges: [Range, ...Range[]]
  /** What each family has for sources: of one family, only hosts with the same sources are joined. */
  readonly sources: Map<Family, string>
}

const joinHosts = (ranges: readonly Range[]): readonly FoldedPorts[] => {
  const byPlace = new Map<string, Joined[]>()
  const all: Joined[] = []
  for (const range of ranges) {
    const { mapping, last, step, sources } = range
    const key = JSON.stringify([
      mapping.hostPort,
      last,
      step,
      portsOf(mapping),
      mapping.allowFrom === null,
      ...placeOf(mapping),
    ])
    const here = byPlace.get(key) ?? []
    const match = here.find((one) => (one.sources.get(mapping.family) ?? sources) === sources)
    if (match !== undefined) {
      match.ranges.push(range)
      match.sources.set(mapping.family, sources)
      continue
    }
    const next: Joined = { ranges: [range], sources: new Map([[mapping.family, sources]]) }
    all.push(next)
    byPlace.set(key, [...here, next])
  }
  return all.map(folded)
}

const folded = ({ ranges }: Joined): FoldedPorts => {
  const [{ mapping, last, step }] = ranges
  const { protocol, kind, interface: by, hostPort, targets } = mapping
  const lists = ranges.map((range) => range.mapping.allowFrom ?? [])
  return {
    ...{ protocol, kind, interface: by, first: hostPort, last, targets, step: step ?? 1 },
    hosts: ranges.map(({ mapping: { family, hostAddress } }) => ({ family, hostAddress })),
    allowFrom: mapping.allowFrom === null ? null : [...new Set(lists.flat())],
  }
}
