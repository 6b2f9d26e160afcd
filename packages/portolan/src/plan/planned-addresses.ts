import type { DesiredState } from '@portolan/core'
import type { PlannedAddress } from './plan.ts'

/** @internal */
export const plannedAddresses = (desired: DesiredState): readonly PlannedAddress[] =>
  endpointsOf(desired).flatMap(({ service, replica, network, ip, ip6, mac }) =>
    [ip, ip6].flatMap((address) => (address === null ? [] : [{ service, replica, network, address, mac }])),
  )

const endpointsOf = ({ endpoints, parented = [] }: DesiredState): DesiredState['endpoints'] =>
  parented.length === 0 ? endpoints : [...endpoints, ...parented.flatMap((network) => network.endpoints)]
