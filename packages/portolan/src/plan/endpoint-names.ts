import type { DesiredState } from '@portolan/core'

/** The names of containers by address, as stories call them. */
export const endpointNames = ({ endpoints }: DesiredState): ReadonlyMap<string, string> =>
  new Map(
    endpoints.flatMap(({ service, replica, ip, ip6 }) =>
      [ip, ip6].flatMap((address): [string, string][] =>
        address === null ? [] : [[address, replica === 1 ? service : `${service}-${replica}`]],
      ),
    ),
  )
