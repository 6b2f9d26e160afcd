import { type DesiredState, replicaName } from '@portolan/core'
import type { LeasedEnd } from '@portolan/core/planning'
import { families } from '@portolan/netfilter'
import { alsoDetached, detachCommand, type WrittenCommand } from './endpoint-commands.ts'

/**
 * Services that are attached to a network which the project keeps, and which they are to be on no more: nothing takes their
 * interfaces away, and what they gave up goes to no other endpoint as long as they have it.
 *
 * @param ends - those of the project
 */
export const leftEndpointNotes = (
  { project, networks, endpoints }: DesiredState,
  ends: readonly LeasedEnd[],
  written: WrittenCommand,
): readonly string[] => {
  const kept = new Set(networks.map(({ name }) => name))
  const wanted = new Set(endpoints.map((one) => `${one.network} ${replicaName(one)}`))
  const left = ends.filter(
    ({ mark: { network, endpoint } }) => kept.has(network) && !wanted.has(`${network} ${endpoint}`),
  )
  return left.flatMap(({ mark, held, givenUp }) => {
    // What no plan leased is no service's, and stays.
    if (held.some(({ planned }) => planned !== true)) return []
    const last = families.flatMap((family) => {
      const own = [...held, ...givenUp].filter((lease) => lease.family === family)
      const latest = own.find(({ released }) => released === null) ?? own.sort(byRelease)[0]
      return latest === undefined ? [] : [latest.address]
    })
    // One without any lease is leased what it has up.
    if (last.length === 0) return []
    return [
      `Endpoint ${mark.endpoint} is attached to network ${project}/${mark.network}, which it is to be on no more. It stays there with ${last.join(' and ')}, which ${last.length === 1 ? 'goes' : 'go'} to no other endpoint before that. To take it off: \`${detachCommand(mark, written)}\`.${alsoDetached(mark, ends)}`,
    ]
  })
}

const byRelease = (
  a: { readonly released: number | null },
  b: { readonly released: number | null },
): number => (b.released ?? 0) - (a.released ?? 0)
