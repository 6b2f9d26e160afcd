import type { DesiredState } from '@portolan/core'
import type { PlannedAddress } from './plan.ts'

/** @internal */
export const plannedAddresses = (desired: DesiredState): readonly PlannedAddress[] =>
  desired.endpoints.flatMap(({ service, replica, network, ip, ip6, mac }) =>
    [ip, ip6].flatMap((address) => (address === null ? [] : [{ service, replica, network, address, mac }])),
  )
