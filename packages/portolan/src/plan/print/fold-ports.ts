import type { DesiredMapping, DesiredTarget } from '@portolan/core'
import type { Family } from '@portolan/netfilter'

/**
 * Mappings of neighbouring ports and several host addresses that a project publishes as one.
 * @internal
 */
export interface FoldedPorts extends Pick<DesiredMapping, 'protocol' | 'kind' | 'interface'> {
  readonly hosts: readonly Pick<DesiredMapping, 'family' | 'hostAddress'>[]
  readonly first: number
  readonly last: number
  /** The targets of the first port. */
  readonly targets: readonly DesiredTarget[]
  /** The growth of the targets' ports from one host port to the next: 1, or 0 when all host ports lead to one port. */
  readonly step: 0 | 1
  /** The prefixes of both families; null: every source. */
  readonly allowFrom: readonly string[] | null
}

/**
 * Folds mappings as a user would write them. A range whose target ports run in step is one entry, and so are both
 * families. Entries keep the order of their first mapping. Mappings with different targets or sources stay apart.
 * @internal
 */
export const foldPorts = (mappings: readonly DesiredMapping[]): readonly FoldedPorts[] =>
  joinHosts(rangesOf(mappings))

/** Successive ports of one socket address. */
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

/**
 * The fields that mappings of one range, or of several hosts, have in common: all but ports, families and addresses.
 */
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

/**
 * Makes texts of source lists, to compare them. All ports of a range share one list, which may be long, so its text is
 * kept.
 */
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
  /** The sources of each family. Hosts of one family are joined only when their sources are the same. */
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
