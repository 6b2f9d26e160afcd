import { PortolanError } from '@portolan/netfilter'
import { wording } from './verb/wording.ts'

/**
 * The codes of errors: up to 99 those of the specification, from 100 on those of a plugin.
 * @see https://www.cni.dev/docs/spec/#error
 */
export const cniCodes = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  io: 5,
  decode: 6,
  invalidConfig: 7,
  tryAgain: 11,
  /** The plugin cannot serve ADD (STATUS). */
  unavailable: 50,
  /** A plugin of Portolan failed to carry out the request. */
  failed: 100,
  /** A conflict on the host would keep a port or the network from working. */
  conflict: 101,
  /** CHECK found something missing or different. */
  differs: 102,
} as const

/**
 * An error in the form that a runtime receives.
 * @example
 * new CniError(7, 'mtu is "big": expected a whole number').code // 7
 */
export class CniError extends Error {
  override readonly name = 'CniError'
  readonly code: number
  /** The remedy; empty where the message says it all. */
  readonly details: string

  constructor(
    code: number,
    message: string,
    { details = '', cause }: { readonly details?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.details = details
  }
}

const codeOf: Readonly<Record<string, number>> = {
  INVALID_REQUEST: cniCodes.invalidConfig,
  INTENT: cniCodes.invalidConfig,
  CONFLICTS: cniCodes.conflict,
  HOST_PORT_IN_USE: cniCodes.conflict,
  HOST_PORT_TAKEN: cniCodes.conflict,
  ENDPOINT_ATTACHED: cniCodes.invalidEnvironment,
  NAMESPACE_OVERLAP: cniCodes.invalidEnvironment,
}

/** Converts a thrown value to the error for a runtime: the problem is the message, and the remedy is in the details. */
export const asCniError = (thrown: unknown): CniError => {
  if (thrown instanceof CniError) return thrown
  if (!(thrown instanceof PortolanError))
    return new CniError(cniCodes.failed, thrown instanceof Error ? thrown.message : String(thrown), {
      cause: thrown,
    })
  return new CniError(codeOf[thrown.code] ?? cniCodes.failed, thrown.problem, {
    details: thrown.remedy(wording),
    cause: thrown,
  })
}
