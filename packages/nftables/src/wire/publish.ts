import { checkProject, type DesiredMapping } from '@portolan/core'
import { validateMapping } from '../compile/literals.ts'
import { loneElement } from '../compile/mapping.ts'
import { isLoopback } from '../compile/maps/exemption.ts'
import { skeletonSets } from '../compile/maps/skeleton-sets.ts'
import { ownTable } from '../compile/ours.ts'
import { type ElementMaker, newMaker } from '../compile/parts.ts'
import type { NftablesChange, Operation } from '../diff/change.ts'
import { change } from '../diff/describe.ts'
import type { Element, NamedSet, Ruleset } from '../model/index.ts'

interface Place {
  readonly set: NamedSet
  readonly element: Element
}

/** The maps that are always there, without elements. */
const permanent: ReadonlyMap<string, NamedSet> = new Map(
  skeletonSets(new Map()).map((set) => [set.name, set]),
)

/**
 * What is known of the table a mapping goes into.
 * @public @since 0.1.0
 */
export interface TableKnowledge {
  /** No port is restricted to some sources (`restrictsPorts`), so that none has to be exempted from that. */
  readonly unrestricted?: boolean
}

/** A mapping of one host address may have to be exempted from what restricts the wildcard of its port. */
const standsAlone = ({ hostAddress }: DesiredMapping, { unrestricted = false }: TableKnowledge): boolean =>
  unrestricted || hostAddress === null || isLoopback(hostAddress)

/** Where a plain mapping stands: one element of one map that is always there. */
const placeOf = (
  maker: ElementMaker,
  project: string,
  mapping: DesiredMapping,
  known: TableKnowledge,
): Place | null => {
  validateMapping(mapping)
  if (mapping.kind !== 'nat' || !standsAlone(mapping, known)) return null
  const found = loneElement(maker, project, mapping)
  const set = found === null ? undefined : permanent.get(found.map)
  return found === null || set === undefined ? null : { set, element: found.element }
}

/**
 * What adds or removes mappings, each one element.
 * @returns null when one of them takes more
 */
export const quickOperations = (
  action: 'add' | 'remove',
  project: string,
  mappings: readonly DesiredMapping[],
  known: TableKnowledge,
): readonly Operation[] | null => {
  checkProject(project)
  const kind = action === 'add' ? 'add-element' : 'remove-element'
  const maker = newMaker()
  const operations: Operation[] = []
  for (const mapping of mappings) {
    const place = placeOf(maker, project, mapping, known)
    if (place === null) return null
    operations.push({ kind, set: place.set, element: place.element })
  }
  return operations
}

const changeOf = (
  action: 'add' | 'remove',
  project: string,
  mapping: DesiredMapping,
  known: TableKnowledge,
): NftablesChange | null => {
  const [operation] = quickOperations(action, project, [mapping], known) ?? []
  return operation === undefined ? null : change(operation)
}

/**
 * The change that publishes one more port on a host that has our table, for `applyLive`: no ruleset is read
 * and none compared.
 *
 * @returns null when the mapping takes more than one element, or may (`allow_from`, an interface, a host address
 * that is not of the loopback unless the table is known to be unrestricted, several targets, routed mode): compile
 * and diff it
 * @throws InvalidRequestError as `compile`
 * @public @since 0.1.0
 */
export const publishChange = (
  project: string,
  mapping: DesiredMapping,
  known: TableKnowledge = {},
): NftablesChange | null => changeOf('add', project, mapping, known)

/**
 * The change that takes a port back which `publishChange` published.
 * @public @since 0.1.0
 */
export const unpublishChange = (
  project: string,
  mapping: DesiredMapping,
  known: TableKnowledge = {},
): NftablesChange | null => changeOf('remove', project, mapping, known)

/**
 * Does our table restrict a port to some sources? Where it is not there, it may come to.
 * @example
 * publishChange('live', mapping, { unrestricted: !restrictsPorts(await inspect(runner)) })
 * @public @since 0.1.0
 */
export const restrictsPorts = (ruleset: Ruleset): boolean =>
  ownTable(ruleset)?.sets.some(
    ({ name, elements }) => name.startsWith('restricted') && elements.length > 0,
  ) ?? true
