import type { HostState, ValueGiven } from './host-state.ts'
import type { NamespaceKey } from './namespace-key.ts'
import { readOwedFlows } from './owed-flows.ts'
import { readFixes } from './parse-fixes.ts'

/** The form of the file; a file of a later version is not guessed at. */
export const STATE_VERSION = 1

/** A state file: its project and what it remembers. */
export interface StateFile extends NamespaceKey {
  readonly version: typeof STATE_VERSION
  readonly state: HostState
}

/**
 * Reads a state file.
 *
 * @throws Error that says in one clause what is wrong with it
 */
export const parseStateFile = (text: string): StateFile => {
  const file: unknown = JSON.parse(text)
  if (!isRecord(file)) throw new Error('it is not an object')
  if (file.version !== STATE_VERSION)
    throw new Error(
      `it is of version ${String(file.version)}, and this Portolan reads version ${STATE_VERSION}`,
    )
  // A file of an earlier Portolan names no socket.
  const { namespace, bootId, routeSocket = null, state } = file
  if (typeof namespace !== 'string' || typeof bootId !== 'string' || !isRecord(state))
    throw new Error('"namespace", "bootId" or "state" is missing')
  if (routeSocket !== null && typeof routeSocket !== 'string')
    throw new Error('"routeSocket" is not the number of a socket')
  const { sysctls, created, attributes, fixes = [], owed } = state
  if (!isValues(sysctls)) throw new Error('"sysctls" is not an object of values before and given')
  if (!isValues(attributes)) throw new Error('"attributes" is not an object of values before and given')
  if (!Array.isArray(created) || !created.every((name): name is string => typeof name === 'string'))
    throw new Error('"created" is not a list of names')
  return {
    version: STATE_VERSION,
    namespace,
    bootId,
    routeSocket,
    state: { sysctls, created, attributes, fixes: readFixes(fixes), owed: readOwedFlows(owed) },
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isValues = (value: unknown): value is Record<string, ValueGiven> =>
  isRecord(value) &&
  Object.values(value).every(
    (entry) =>
      isRecord(entry) &&
      typeof entry.before === 'string' &&
      typeof entry.given === 'string' &&
      (entry.restoring === undefined || entry.restoring === true),
  )
