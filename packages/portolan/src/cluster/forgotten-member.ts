import { type BlockSnapshot, type ClusterMember, describeCluster } from '@portolan/core'
import { families, type HostFacts, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import { networksUp } from './networks-up.ts'
import { ownAddresses } from './node-addresses.ts'

/**
 * Which host of a cluster this one was, where its state directory no longer says so: networks of ours are up in the blocks
 * of that host, and it has the name of this machine, or is reached through an address of this one. Nothing is claimed or
 * verified by that: it is enough to leave routes and rules as they are.
 *
 * @param name - of this machine
 * @returns null: none, as far as can be told
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
