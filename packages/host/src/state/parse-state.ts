import { checkedBy, type Fault, faultText } from '@portolan/netfilter/schema'
import type { HostState } from './host-state.ts'
import type { NamespaceKey } from './namespace-key.ts'
import { noFlows } from './owed-flows.ts'
import { readCreated } from './parse-created.ts'
import { readFixes } from './parse-fixes.ts'
import { numberedSchema, stateFileSchema } from './state-schema.ts'

/** The version of the state file. A file of a later version is refused, not guessed at. */
export const STATE_VERSION = 1

/** A state file: the key of its namespace, and the remembered state. */
export interface StateFile extends NamespaceKey {
  readonly version: typeof STATE_VERSION
  readonly state: HostState
}

/**
 * A state file that a later version of Portolan wrote.
 */
export class LaterStateError extends Error {
  readonly version: number

  constructor(version: number) {
    super(`it has the form ${version}, and this version of Portolan reads ${STATE_VERSION}`)
    this.version = version
  }
}

/**
 * Reads a state file.
 *
 * @throws LaterStateError; Error that says in one clause what is wrong with it
 */
export const parseStateFile = (text: string): StateFile => {
  const file: unknown = JSON.parse(text)
  const wrong = (fault: Fault): Error => new Error(faultText(fault))
  const { version } = checkedBy(numberedSchema, file, wrong)
  if (version > STATE_VERSION) throw new LaterStateError(version)
  if (version !== STATE_VERSION) throw new Error(`it has the form ${version}, which no Portolan writes`)
  const { namespace, bootId, routeSocket = null, state } = checkedBy(stateFileSchema, file, wrong)
  const { sysctls, created, attributes, fixes = [], owed = noFlows } = state
  return {
    version: STATE_VERSION,
    namespace,
    bootId,
    routeSocket,
    state: { sysctls, created: readCreated(created), attributes, fixes: readFixes(fixes), owed },
  }
}
