import type { Machine } from '../../lab/machine.ts'
import { hostFlows } from './host-flows.ts'

/**
 * The source ports with which flows leave the host, by protocol and original source port. A masquerade may change the
 * port.
 */
export const translatedPorts = async (host: Machine): Promise<ReadonlyMap<string, readonly number[]>> => {
  const found = new Map<string, number[]>()
  for (const { protocol, sourcePort, seenPort } of await hostFlows(host)) {
    const key = `${protocol} ${sourcePort}`
    found.set(key, [...(found.get(key) ?? []), seenPort])
  }
  return found
}
