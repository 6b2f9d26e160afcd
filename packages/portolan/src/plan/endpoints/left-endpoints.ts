import { type DesiredState, replicaName } from '@portolan/core'
import type { LeasedEnd } from '@portolan/core/planning'
import { families } from '@portolan/netfilter'
import { alsoDetached, detachCommand, type WrittenCommand } from './endpoint-commands.ts'

/**
 * Notes on attached services that are no longer to be on a network which the project keeps. No plan removes their
 * interfaces. Their released addresses go to no other endpoint while the interfaces are there.
 *
 * @param ends - the attached endpoints of the project
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
    // An address that no plan leased belongs to no service and stays.
    if (held.some(({ planned }) => planned !== true)) return []
    const last = families.flatMap((family) => {
      const own = [...held, ...givenUp].filter((lease) => lease.family === family)
      const latest = own.find(({ released }) => released === null) ?? own.sort(byRelease)[0]
      return latest === undefined ? [] : [latest.address]
    })
    // An endpoint without any lease is leased the addresses that its interface has.
    if (last.length === 0) return []
    return [
      `Endpoint ${mark.endpoint} is attached to network ${project}/${mark.network}, but no longer belongs on it. It keeps ${last.join(' and ')} until it is detached: no other endpoint gets ${last.length === 1 ? 'that address' : 'those addresses'} before. To detach it: \`${detachCommand(mark, written)}\`.${alsoDetached(mark, ends)}`,
    ]
  })
}

const byRelease = (
  a: { readonly released: number | null },
  b: { readonly released: number | null },
): number => (b.released ?? 0) - (a.released ?? 0)
