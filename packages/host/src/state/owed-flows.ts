import { type Family, type Protocol, tryParseAddress } from '@portolan/netfilter'
import type { MappedFlows } from '../conntrack/mapped-flows.ts'
import type { UntranslatedFlows } from '../conntrack/untranslated-flows.ts'

/**
 * Connections that a change of rules leaves bound to where they went before, until conntrack forgets them.
 * @public @since 0.1.0
 */
export interface OwedFlows {
  /** Through mappings that are gone or lead elsewhere. */
  readonly mapped: readonly MappedFlows[]
  /** Past mappings that were not there when they began. */
  readonly untranslated: readonly UntranslatedFlows[]
}

/**
 * No connections.
 * @public @since 0.1.0
 */
export const noFlows: OwedFlows = Object.freeze({ mapped: [], untranslated: [] })

/**
 * Reads what is owed.
 *
 * @throws Error that says in one clause what is wrong
 */
export const readOwedFlows = (value: unknown): OwedFlows => {
  if (value === undefined) return noFlows
  const { mapped, untranslated } = isRecord(value) ? value : {}
  if (!isList(mapped, isMapped) || !isList(untranslated, isUntranslated))
    throw new Error('"owed" does not hold lists of connections')
  return { mapped, untranslated }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isList = <Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[] =>
  Array.isArray(value) && value.every(isItem)

const isUntranslated = (value: unknown): value is UntranslatedFlows =>
  isRecord(value) &&
  families.some((family) => family === value.family) &&
  protocols.some((protocol) => protocol === value.protocol) &&
  (value.hostAddress === null || isAddress(value.hostAddress)) &&
  typeof value.hostPort === 'number'

const isMapped = (value: unknown): value is MappedFlows =>
  isRecord(value) && isUntranslated(value) && isAddress(value.address) && typeof value.port === 'number'

const isAddress = (value: unknown): boolean => typeof value === 'string' && tryParseAddress(value) !== null

const families: readonly Family[] = ['ip', 'ip6']
const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp']
