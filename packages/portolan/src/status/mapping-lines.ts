import type { DesiredMapping, OwnedNetwork, PublishedPort } from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import { type AnyRuleChange, dialects, type RuleChange } from '../backend/dialects.ts'
import { socketKey } from '../live/wanted/socket-key.ts'
import { networkHolding } from './conflicts-now.ts'
import { allRuleChanges, type Drift, type PlacedWish } from './find-drift.ts'
import type { MappingDrift, MappingStatus, TargetStatus } from './status.ts'

/** A port in force, with the backend that has it. */
export interface PortInForce {
  readonly backend: Backend
  readonly port: PublishedPort
}

/** The facts about a mapping that are known before connections are counted and conflicts are looked for. */
export type MappingLine = Omit<MappingStatus, 'connections' | 'packets' | 'bytes' | 'conflicts'>

/** The facts that are joined into lines. */
export interface LineSources {
  readonly inForce: readonly PortInForce[]
  readonly wishes: readonly PlacedWish[]
  readonly networks: readonly OwnedNetwork[]
  readonly drift: Drift
  /** Could the rules of a backend be read whole? */
  readonly isRead: (backend: Backend) => boolean
}

/** A line for each port that is in force or wanted, in the order of projects and host ports. */
export const mappingLines = (sources: LineSources): readonly MappingLine[] => {
  const { inForce, wishes } = sources
  const touched = touchedBy(allRuleChanges(sources.drift))
  const byProject = new Map(wishes.map((wish) => [wish.project, wish]))
  const wantedPorts = new Map(
    wishes.flatMap(({ project, mappings }) =>
      mappings.map((mapping) => [keyOf(project, mapping), mapping] as const),
    ),
  )
  const found = new Set<string>()
  const lines = inForce.map(({ backend, port }): MappingLine => {
    const key = keyOf(port.project, port)
    found.add(key)
    const wanted = wantedPorts.get(key) ?? null
    const drift = (): MappingDrift => {
      if (byProject.has(port.project) && wanted === null) return 'unwanted'
      if (wanted !== null && !leadsAlike(wanted, port)) return 'changed'
      if (touched(port.project, port.label)) return 'changed'
      if (missesWay(sources.drift, backend, port)) return 'way'
      return wanted === null || !sources.isRead(backend) ? 'unknown' : 'none'
    }
    return {
      project: port.project,
      backend,
      mapping: wanted?.label ?? port.label,
      ...socketOf(port),
      mode: 'nat',
      targets: targetsOf(port, wanted, sources.networks),
      newConnections: port.newConnections ?? null,
      drift: drift(),
    }
  })
  const missing = wishes.flatMap(({ project, backend, mappings }) =>
    mappings
      .filter((mapping) => !found.has(keyOf(project, mapping)))
      .map((mapping): MappingLine => {
        // Rules tell only what they translate. Of a direct port they tell only what is missing.
        const drift = (): MappingDrift => {
          if (!sources.isRead(backend)) return 'unknown'
          if (mapping.kind === 'nat') return 'missing'
          if (touched(project, mapping.label)) return 'changed'
          return missesWay(sources.drift, backend, mapping) ? 'way' : 'none'
        }
        return {
          project,
          backend,
          mapping: mapping.label,
          ...socketOf(mapping),
          mode: mapping.kind,
          targets: targetsOf(mapping, mapping, sources.networks),
          newConnections: null,
          drift: drift(),
        }
      }),
  )
  return [...lines, ...missing].sort(
    (a, b) =>
      compareTexts(a.project, b.project) ||
      a.hostPort - b.hostPort ||
      compareTexts(a.protocol, b.protocol) ||
      compareTexts(a.family, b.family) ||
      compareTexts(a.mapping, b.mapping),
  )
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The host socket of a mapping of a project. */
export const keyOf = (project: string, mapping: Parameters<typeof socketKey>[0]): string =>
  `${project} ${socketKey(mapping)}`

const socketOf = ({
  family,
  protocol,
  hostAddress,
  hostPort,
  interface: name,
}: PublishedPort | DesiredMapping) => ({ family, protocol, hostAddress, hostPort, interface: name })

/** Do rules lead a port to the targets that are wanted? */
export const leadsAlike = (wanted: DesiredMapping, { targets }: PublishedPort): boolean => {
  const texts = (ends: readonly { readonly address: string; readonly port: number }[]): string =>
    ends
      .map(({ address, port }) => `${address} ${port}`)
      .sort()
      .join(', ')
  return texts(wanted.targets) === texts(targets)
}

const targetsOf = (
  { targets }: PublishedPort | DesiredMapping,
  wanted: DesiredMapping | null,
  networks: readonly OwnedNetwork[],
): readonly TargetStatus[] =>
  targets.map(({ address, port }) => {
    const known = wanted?.targets.find((one) => one.address === address)
    const network =
      known?.network ??
      networkHolding(
        networks.map((one) => one.network),
        address,
      )?.name
    return { service: known?.service ?? null, network: network ?? null, address, port }
  })

/** `comment "..."` of nft, `-m comment --comment "..."` of iptables. */
const comments = /(?<!-m )comment (?:"([^"]*)"|(\S+))/g

/**
 * Is a change about a mapping? The rules and elements of a mapping name it in their comments, in every text of a
 * change.
 */
const touchedBy = (changes: readonly AnyRuleChange[]): ((project: string, label: string) => boolean) => {
  const named = new Set(changes.flatMap((change) => commentsIn(change)))
  return (project, label) => named.has(`${project}/${label}`)
}

/** The comments of the rules and elements that a change adds or removes. */
export const commentsIn = ({ before, after }: AnyRuleChange): readonly string[] =>
  [...`${before ?? ''}\n${after ?? ''}`.matchAll(comments)].map(([, quoted, plain]) => quoted ?? plain ?? '')

/** Is something wrong with the rules that lead packets of a family to all mappings of a backend? */
const missesWay = (
  { rules }: Drift,
  backend: Backend,
  { family }: Pick<PublishedPort, 'family'>,
): boolean => {
  const inOne = <One extends Backend>(one: One): boolean =>
    (rules[one] as readonly RuleChange<One>[]).some(
      (change) => dialects[one].leadsIn(change) && isShared(change) && isOfFamily(change.operation, family),
    )
  return inOne(backend)
}

/** Is a change about rules that belong to no single project? */
export const isShared = (change: Pick<AnyRuleChange, 'before' | 'after'>): boolean =>
  !commentsIn(change as AnyRuleChange).some((comment) => comment.indexOf('/') > 0)

const isOfFamily = (operation: object, family: PublishedPort['family']): boolean =>
  !('family' in operation) || operation.family === family
