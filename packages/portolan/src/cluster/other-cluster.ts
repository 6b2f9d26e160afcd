import { neighboursOf } from '@portolan/core'
import { routesElsewhere, routesText } from '@portolan/core/planning'
import type { RememberedMember } from '@portolan/host'
import { type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import { releaseLine } from './join-line.ts'
import type { Cluster } from './open-cluster.ts'
import { hasJoined } from './this-member.ts'

/**
 * Refuses to join a cluster on a host that is in another one, which another state directory knows: its routes tell. A plan
 * for either would be one for the whole host.
 *
 * @param known - what the state directory remembered before
 * @throws InvalidRequestError where the host has routes of ours to blocks of no pool of the cluster, now or before
 */
export const refuseOtherCluster = async (
  { store, name }: Pick<Cluster, 'store' | 'name'>,
  directory: string,
  facts: HostFacts,
  known: RememberedMember | null,
): Promise<void> => {
  // Of clusters that it was in before, the routes go with the next plan.
  if (known !== null && hasJoined(known)) return
  if (!(facts.routes ?? []).some(({ protocol }) => protocol === 'portolan')) return
  const nothing = { host: '', incarnation: '', cluster: name }
  const elsewhere = routesElsewhere(facts, neighboursOf(await store.read(), nothing))
  if (elsewhere.length === 0) return
  throw new InvalidRequestError(
    `this host is in another cluster than ${name}: it has routes of Portolan to blocks that no pool of ${name} has or had (${routesText(elsewhere)}), and the state directory ${directory} does not know them. A host is in one cluster at a time, whatever its state directories: its routes and rules are of the whole host. Leave the other one first: \`${releaseLine({ cluster: 'URL', directory: 'DIR' })}\` with the URL and the state directory of that one. If the routes were left behind, remove each: ${elsewhere.map(({ destination, via }) => `\`ip route del ${destination} via ${via} proto 143\``).join(', ')}.`,
  )
}
