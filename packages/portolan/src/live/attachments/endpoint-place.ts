import type { EndpointMark } from '@portolan/core'
import { requestedName } from '@portolan/core/planning'
import { leaseEndpoint, releaseLeases } from '../endpoints/lease-endpoint.ts'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { withEndpoint, withoutEndpoint } from '../wanted/wanted-state.ts'
import { parentedPlace } from './parented-place.ts'
import type { EndpointPlace } from './place.ts'
import { plannedPlace } from './planned-place.ts'

/** Splits the name of a network into project and network: `web`, or `shop/web`. */
export const networkNamed = (
  text: string,
  ownProject: string,
): { readonly project: string; readonly network: string } => {
  const slash = text.indexOf('/')
  return slash < 0
    ? { project: ownProject, network: text }
    : { project: text.slice(0, slash), network: text.slice(slash + 1) }
}

/**
 * Finds the place of an endpoint: on a network of this live project, or on one that a plan made.
 * @throws InvalidRequestError when there is no such network
 */
export const endpointPlace = async (
  rules: LiveRules,
  tools: Pick<LiveMachine, 'leases' | 'links' | 'wanted' | 'readPeers'>,
  network: string,
  endpoint: string,
): Promise<EndpointPlace> => {
  requestedName(endpoint, 'an endpoint')
  const named = networkNamed(network, rules.project)
  const mark = { ...named, endpoint }
  const own = named.project === rules.project ? tools.wanted.network(named.network) : null
  if (own !== null) return livePlace(rules, tools, mark, own)
  return (await parentedPlace(rules, tools, mark)) ?? plannedPlace(rules, tools, network, mark)
}

const livePlace = (
  rules: LiveRules,
  { leases, wanted }: Pick<LiveMachine, 'leases' | 'wanted'>,
  mark: EndpointMark,
  { network: on }: NonNullable<ReturnType<LiveMachine['wanted']['network']>>,
): EndpointPlace => {
  const before = wanted.endpoint(mark.network, mark.endpoint)
  return {
    mark,
    way: { kind: 'bridge' },
    subnets: on,
    isInternal: on.internal,
    known: before?.endpoint ?? null,
    formerMacs: [],
    lease: async (options) => {
      if (before !== null && Object.keys(options).length === 0)
        return { endpoint: before.endpoint, release: async () => {} }
      const { ip, ip6, mac } = { ...before?.intent, ...options }
      // The network may have lost a family since the endpoint was attached.
      const fixed = {
        ip: on.ip === null ? null : (ip ?? null),
        ip6: on.ip6 === null ? null : (ip6 ?? null),
        mac: mac ?? null,
      }
      const endpoint = await leaseEndpoint(rules, leases, mark.network, mark.endpoint, fixed)
      const release = async (): Promise<void> => {
        if (before === null) {
          await rules.writeDown(() =>
            wanted.endpoint(mark.network, mark.endpoint) === null
              ? null
              : [withoutEndpoint(mark.network, mark.endpoint)],
          )
          await releaseLeases(rules, leases, mark.network, mark.endpoint)
          return
        }
        const { ip: ipBefore, ip6: ip6Before, mac: macBefore } = before.endpoint
        await leaseEndpoint(rules, leases, mark.network, mark.endpoint, {
          ip: on.ip === null ? null : ipBefore,
          ip6: on.ip6 === null ? null : ip6Before,
          mac: macBefore,
        })
        await rules.writeDown(() => [withEndpoint(before)])
      }
      return { endpoint, release }
    },
  }
}
