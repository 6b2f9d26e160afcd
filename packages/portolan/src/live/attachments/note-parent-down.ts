import { parseVlanName } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { EndpointPlace } from './place.ts'

/** Tells of a parent that is down, or of the interface below it, where that is a VLAN: nothing passes by its children. */
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
