import type { Family, Protocol } from '@portolan/netfilter'
import { canonical } from '../address/canonical.ts'
import { type FlowSearch, protocolNumbers } from './flow-search.ts'

/**
 * The flows of one mapping, as conntrack knows them.
 * @public @since 0.1.0
 */
export interface MappedFlows {
  readonly family: Family
  readonly protocol: Protocol
  /** The host address that the flows were sent to; null: any. */
  readonly hostAddress: string | null
  /** The port that the flows were sent to, before translation. */
  readonly hostPort: number
  /** The target that the mapping led them to, which is the source of the replies. */
  readonly address: string
  readonly port: number
}

/** @internal */
export const mappedFlows = (mappings: readonly MappedFlows[]): FlowSearch => {
  /** The wanted host addresses, by the other properties of an entry. Null stands for every address. */
  const wanted = new Map<string, Set<string | null>>()
  for (const mapping of mappings) {
    const target = `${canonical(mapping.address)} ${mapping.port}`
    const key = `${mapping.family} ${protocolNumbers[mapping.protocol]} ${mapping.hostPort} ${target}`
    const address = mapping.hostAddress === null ? null : canonical(mapping.hostAddress)
    wanted.set(key, (wanted.get(key) ?? new Set()).add(address))
  }
  return {
    families: new Set(mappings.map(({ family }) => family)),
    isWanted: ({ family, original, reply, destinationTranslated }) => {
      if (!destinationTranslated) return false
      const target = `${reply.source} ${reply.sourcePort}`
      const addresses = wanted.get(`${family} ${original.protocol} ${original.destinationPort} ${target}`)
      return addresses !== undefined && (addresses.has(null) || addresses.has(original.destination))
    },
  }
}
