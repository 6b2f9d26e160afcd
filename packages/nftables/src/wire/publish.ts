import { checkProject, type DesiredMapping } from '@portolan/core'
import { validateMapping } from '../compile/literals.ts'
import { loneElement } from '../compile/mapping.ts'
import { isLoopback } from '../compile/maps/exemption.ts'
import { skeletonSets } from '../compile/maps/skeleton-sets.ts'
import { ownTable } from '../compile/ours.ts'
import { type ElementMaker, newMaker } from '../compile/parts.ts'
import { change } from '../diff/describe.ts'
import type { NftablesChange, Operation } from '../model/change.ts'
import type { Element, NamedSet, Ruleset } from '../model/index.ts'

interface Place {
  readonly set: NamedSet
  readonly element: Element
}

/** The permanent maps, without elements. They exist whenever our table does. */
const permanent: ReadonlyMap<string, NamedSet> = new Map(
  skeletonSets(new Map()).map((set) => [set.name, set]),
)

/**
 * Facts about the table that a mapping goes into.
 * @public @since 0.1.0
 */
export interface TableKnowledge {
  /** True: the table restricts no port to some sources (`restrictsPorts`), so a mapping needs no exemption. */
  readonly unrestricted?: boolean
}

/**
 * Is it certain that this mapping needs no exemption? A mapping on one host address may need one, where a mapping of
 * the same port on all addresses is restricted.
 */
const standsAlone = ({ hostAddress }: DesiredMapping, { unrestricted = false }: TableKnowledge): boolean =>
  unrestricted || hostAddress === null || isLoopback(hostAddress)

/** The one element of a plain mapping, and its permanent map. Null: the mapping needs more. */
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
 * The operations that add or remove mappings, one element each.
 * @returns null when a mapping needs more than one element
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
 * The change that publishes one more port on a host that has our table, for `applyLive`. No ruleset is read or
 * compared.
 *
 * @returns null when the mapping needs more than one element, or may need more; then compile and diff it. Such
 *   mappings have `allow_from`, an interface, several targets or routed mode. A host address outside the loopback needs
 *   a table known to be unrestricted
 * @throws InvalidRequestError as `compile`
 * @public @since 0.1.0
 */
export const publishChange = (
  project: string,
  mapping: DesiredMapping,
  known: TableKnowledge = {},
): NftablesChange | null => changeOf('add', project, mapping, known)

/**
 * The change that removes a port which `publishChange` published.
 * @public @since 0.1.0
 */
export const unpublishChange = (
  project: string,
  mapping: DesiredMapping,
  known: TableKnowledge = {},
): NftablesChange | null => changeOf('remove', project, mapping, known)

/**
 * Does our table restrict a port to some sources? True where the table is absent, because it may be created with
 * restrictions.
 * @example
 * publishChange('live', mapping, { unrestricted: !restrictsPorts(await inspect(runner)) })
 * @public @since 0.1.0
 */
export const restrictsPorts = (ruleset: Ruleset): boolean =>
  ownTable(ruleset)?.sets.some(
    ({ name, elements }) => name.startsWith('restricted') && elements.length > 0,
  ) ?? true
