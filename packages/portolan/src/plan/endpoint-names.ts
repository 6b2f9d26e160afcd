import { type DesiredState, replicaName } from '@portolan/core'

/**
 * The names of containers by their addresses. The story of `explain` calls them so.
 * @example
 * endpointNames([desired]).get('172.17.0.1') // 'web'
 * @public @since 0.1.0
 */
export const endpointNames = (
  projects: readonly Pick<DesiredState, 'endpoints'>[],
): ReadonlyMap<string, string> =>
  new Map(
    projects.flatMap(({ endpoints }) =>
      endpoints.flatMap((endpoint) =>
        [endpoint.ip, endpoint.ip6].flatMap((address): [string, string][] =>
          address === null ? [] : [[address, replicaName(endpoint)]],
        ),
      ),
    ),
  )
