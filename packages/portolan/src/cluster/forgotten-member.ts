import { type BlockSnapshot, type ClusterMember, describeCluster } from '@portolan/core'
import { families, type HostFacts, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import { networksUp } from './networks-up.ts'
import { ownAddresses } from './node-addresses.ts'

/**
 * Finds the cluster host that this machine was, when the state directory no longer says so. Networks of Portolan must
 * be up here in blocks of that host. The host must also have the name of this machine, or be reached through one of its
 * addresses. Nothing is claimed or verified. The answer only serves to leave routes and rules as they are.
 *
 * @param name - the name of this machine
 * @returns null: no such host, as far as can be told
 */
export const forgottenMember = (
  snapshot: BlockSnapshot,
  facts: HostFacts,
  name: string,
): ClusterMember | null => {
  const used = (networksUp(facts) ?? []).flatMap(({ prefixes }) => prefixes)
  if (used.length === 0) return null
  const own = ownAddresses(facts)
  for (const { host, addresses, blocks } of describeCluster(snapshot).hosts) {
    const isHere = families.some((family) => own.has(addresses?.[family] ?? ''))
    if (host !== name && !isHere) continue
    const found = blocks.find(({ block }) => used.some((one) => prefixesOverlap(one, parsePrefix(block))))
    if (found !== undefined) return { host, incarnation: found.incarnation }
  }
  return null
}
