import { formatPrefix, prefixesOverlap } from '@portolan/netfilter'
import type { ReadNetwork } from './networks.ts'
import { refuse } from './tree.ts'

/** Refuses networks of one file that cannot exist side by side. */
export const checkNetworkClashes = (networks: readonly ReadNetwork[]): void => {
  const own = networks.filter(({ intent }) => !intent.external)
  own.forEach((later, index) => {
    for (const earlier of own.slice(0, index)) checkPair(earlier, later)
  })
}

const checkPair = (earlier: ReadNetwork, later: ReadNetwork): void => {
  const place = later.intent.place ?? { source: 'compose', line: 1, column: 1 }
  const names = `networks.${later.intent.name} and networks.${earlier.intent.name}`
  if (later.intent.bridge !== null && later.intent.bridge === earlier.intent.bridge)
    refuse(
      place,
      `${names} name the same bridge, ${later.intent.bridge}: expected a name of its own for each`,
    )
  if (later.actualName === earlier.actualName)
    refuse(place, `${names} are both called "${later.actualName}": expected a \`name\` of its own for each`)
  for (const subnet of later.subnets)
    for (const other of earlier.subnets)
      if (prefixesOverlap(subnet.prefix, other.prefix))
        refuse(
          subnet.place,
          `networks.${later.intent.name}: the subnet ${formatPrefix(subnet.prefix)} overlaps ${formatPrefix(other.prefix)} of networks.${earlier.intent.name}`,
        )
}
