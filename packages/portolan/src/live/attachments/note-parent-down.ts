import { parseVlanName } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { EndpointPlace } from './place.ts'

/** Notes that a parent, or the interface below a VLAN, is down: no packet passes its children then. */
export const noteParentDown = (
  { interfaces = [] }: HostFacts,
  { mark, way }: Pick<EndpointPlace, 'mark' | 'way'>,
): readonly string[] => {
  if (way.kind !== 'parent') return []
  const lower = parseVlanName(way.parent)?.parent
  const down = [way.parent, lower].find((name) =>
    interfaces.some((link) => link.name === name && link.up === false),
  )
  return down === undefined
    ? []
    : [
        `${mark.endpoint} reaches nothing on network ${mark.network} and is not reached: ${down} of this host is down. Set it up (ip link set dev ${down} up).`,
      ]
}
