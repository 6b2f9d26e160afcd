import { hasValue, type RangeSet, rangeSet } from '../../address/range-set.ts'
import type { DesiredMapping, DesiredState } from '../../desired/index.ts'
import type { Follower } from '../../evaluate/follow.ts'
import { type Explored, explore, type Ports } from './explore.ts'
import { mappingRows } from './mapping-rows.ts'
import type { Row } from './row.ts'
import { portKey, servedRows } from './served-rows.ts'
import type { Surroundings } from './surroundings.ts'

/** What was found of one mapping, and of all that fare exactly as it does. */
export interface ExploredMapping {
  readonly mapping: DesiredMapping
  readonly explored: readonly Explored[]
  /** Other mappings with their rows, in the order of `explored`. */
  readonly alike: readonly { readonly mapping: DesiredMapping; readonly rows: readonly Row[] }[]
}

/** Fewer than this are explored one by one. */
const FEW = 8

/**
 * Explores the rows of all mappings. A range of a thousand ports of one container is a thousand mappings that no rule
 * tells apart, but for the few ports that some rule names: one of them is explored for all, and what its way hung on
 * says for which.
 */
export const exploreMappings = (
  follower: Follower,
  desired: DesiredState,
  around: Readonly<Record<DesiredMapping['family'], Surroundings>>,
): readonly ExploredMapping[] => {
  const onPort = new Map<string, number>()
  for (const mapping of desired.mappings)
    onPort.set(portKey(mapping), (onPort.get(portKey(mapping)) ?? 0) + 1)
  const rowsOf = (mapping: DesiredMapping): readonly Row[] => {
    const rows = mappingRows(desired, mapping, around[mapping.family])
    return (onPort.get(portKey(mapping)) ?? 1) > 1 ? servedRows(desired, rows) : rows
  }
  const alone = (mapping: DesiredMapping): ExploredMapping => ({
    mapping,
    explored: rowsOf(mapping).map((row) => explore(follower, row)),
    alike: [],
  })
  const groups = new Map<string, DesiredMapping[]>()
  const found: ExploredMapping[] = []
  for (const mapping of desired.mappings) {
    const [target] = mapping.targets
    if (mapping.targets.length > 1 || (onPort.get(portKey(mapping)) ?? 1) > 1) {
      found.push(alone(mapping))
      continue
    }
    const { family, protocol, kind, hostAddress, interface: name, allowFrom } = mapping
    const isSame = mapping.hostPort === target.port
    const key = JSON.stringify([family, protocol, kind, hostAddress, name, allowFrom, target.address, isSame])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [mapping])
    else group.push(mapping)
  }
  for (const group of groups.values())
    found.push(
      ...(group.length < FEW
        ? group.map(alone)
        : exploreGroup(follower, group, rowsOf, alone, portSets(group))),
    )
  return found
}

const exploreGroup = (
  follower: Follower,
  group: readonly DesiredMapping[],
  rowsOf: (mapping: DesiredMapping) => readonly Row[],
  alone: (mapping: DesiredMapping) => ExploredMapping,
  sets: PortSets,
): readonly ExploredMapping[] => {
  const [first, ...others] = group
  if (first === undefined) return []
  const ports: Ports = {
    host: { value: first.hostPort, set: sets.host },
    target: { value: first.targets[0].port, set: sets.target },
  }
  const explored = rowsOf(first).map((row) => explore(follower, row, ports))
  const conditions = explored.flatMap((one) => one.ports)
  const meets = ({ hostPort, targets: [{ port }] }: DesiredMapping): boolean =>
    conditions.every(
      ({ field, set, inside }) => hasValue(set, field === 'hostPort' ? hostPort : port) === inside,
    )
  const isAlike = explored.some(({ isShared }) => !isShared) ? () => false : meets
  const alike = others.filter(isAlike)
  const rest = others.filter((mapping) => !alike.includes(mapping))
  const mine = {
    mapping: first,
    explored,
    alike: alike.map((mapping) => ({ mapping, rows: rowsOf(mapping) })),
  }
  // Where hardly any were alike, the next would hardly tell more.
  if (rest.length < FEW || alike.length < others.length / 4) return [mine, ...rest.map(alone)]
  return [mine, ...exploreGroup(follower, rest, rowsOf, alone, sets)]
}

/** The ports of a group, for all of which the rules of a chain are sorted out once. */
interface PortSets {
  readonly host: RangeSet
  readonly target: RangeSet
}

const portSets = (group: readonly DesiredMapping[]): PortSets => ({
  host: singles(group.map(({ hostPort }) => hostPort)),
  target: singles(group.map(({ targets: [{ port }] }) => port)),
})

const singles = (values: readonly number[]): RangeSet =>
  rangeSet(values.map((value) => ({ first: value, last: value })))
