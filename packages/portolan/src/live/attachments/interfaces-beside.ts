import type { EndpointMark } from '@portolan/core'
import type { InsideState, NetworkNamespace } from '@portolan/host'
import { formatAddress, parseInterfaceAddress } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { attachedPorts } from './attached-ports.ts'
import { heldBy } from './held-addresses.ts'

/**
 * The interfaces in a namespace that other endpoints of the same network have there: a process may be on one network
 * several times. An address alone does not prove it. Its endpoint must be attached to this namespace.
 */
export const interfacesBeside = async (
  rules: LiveRules,
  { links, leases }: Pick<LiveMachine, 'links' | 'leases'>,
  mark: EndpointMark,
  { descriptor }: NetworkNamespace,
  { otherWays }: InsideState,
): Promise<readonly string[]> => {
  // Another endpoint may have been attached since the last read.
  await rules.readFacts()
  const ports = attachedPorts(rules.facts).filter(
    (port) =>
      port.mark.project === mark.project &&
      port.mark.network === mark.network &&
      port.mark.endpoint !== mark.endpoint,
  )
  if (ports.length === 0) return []
  const [state, number] = [await leases.read(), await links.namespaceNumber(descriptor)]
  const found = new Set<string>()
  for (const { name, mark: other } of ports) {
    const held = new Set(heldBy(state, other).map(({ address }) => address))
    const way = otherWays.find(
      ({ kind, text }) => kind === 'address' && held.has(formatAddress(parseInterfaceAddress(text).address)),
    )
    if (number === null || way === undefined || way.interface === null) continue
    if ((await links.readEndpointLink(name))?.namespace === number) found.add(way.interface)
  }
  return [...found]
}
