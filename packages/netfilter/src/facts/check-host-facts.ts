import { closestOf, InvalidRequestError } from '../error/index.ts'
import {
  checkArgument,
  listValue,
  type OptionKinds,
  objectValue,
  textValue,
  type ValueKind,
} from '../schema/check-options.ts'
import { shownValue } from '../schema/unknown-options.ts'
import type { HostFacts } from './host-facts.ts'

const isObject = objectValue('an object').holds
const list = (of: string): ValueKind => listValue(`a list of ${of}`, isObject)
const texts: ValueKind = listValue('a list of texts', (value) => typeof value === 'string')

const kinds: OptionKinds<HostFacts> = {
  interfaces: list('interfaces'),
  routes: list('routes'),
  rules: list('routing rules'),
  neighbours: list('neighbours'),
  nameservers: texts,
  sockets: list('sockets'),
  flows: list('flows'),
  sysctls: objectValue('an object of texts'),
  networks: list('networks'),
  enginePools: list('pools'),
  machineId: textValue(),
  unread: texts,
}
const known = Object.keys(kinds)

/**
 * Refuses facts that a program hands over and that are none: a value of another kind, or a key that is misspelt, whose
 * facts would be missing in silence. Any other key is of a later version, and is ignored. Only the outer level is looked
 * at: a host has up to a million routes, and `parseHostFacts` has checked those of a file.
 *
 * @param what - `the facts`
 * @throws InvalidRequestError
 */
export const checkHostFacts = (facts: unknown, what: string): void => {
  checkArgument(facts, objectValue('an object such as readHost() gives'), what)
  const given = facts as Readonly<Record<string, unknown>>
  for (const key of Object.keys(given)) {
    const meant = known.includes(key) ? null : closestOf(key, known)
    if (meant !== null)
      throw new InvalidRequestError(
        `${what} have no ${shownValue(key)}: expected some of ${known.join(', ')}. Did you mean ${shownValue(meant)}?`,
      )
  }
  for (const [key, kind] of Object.entries<ValueKind>(kinds))
    if (given[key] !== undefined) checkArgument(given[key], kind, `${key} in ${what}`)
}
