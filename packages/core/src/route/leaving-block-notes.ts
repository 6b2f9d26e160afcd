import {
  commandWording,
  type Family,
  families,
  formatPrefix,
  parsePrefix,
  prefixesOverlap,
  type Wording,
} from '@portolan/netfilter'
import type { DesiredNetwork } from '../contract/desired-state.ts'
import { type HeldBlocks, hasPoolOf } from '../pool/held-blocks.ts'

/**
 * Notes about networks in blocks that no pool of the cluster holds any more. Such a network works as before. The host
 * gives the block back once the network has moved.
 *
 * @param isLive - a program holds the networks, and no file says what they should be
 * @param written - writes a command of `portolan` so that it names the project
 * @param wording - says how that program makes a network again; by default as the command does
 * @returns a note for each network
 */
export const leavingBlockNotes = (
  networks: readonly DesiredNetwork[],
  {
    cluster,
    leaving = [],
    join,
    ...pools
  }: Pick<HeldBlocks, 'cluster' | 'leaving' | 'pools' | 'former' | 'join'>,
  isLive: boolean,
  written: (command: string) => string = (command) => command,
  { remakeNetwork }: Pick<Wording, 'remakeNetwork'> = commandWording,
): readonly string[] =>
  networks.flatMap((network) => {
    const places = families.flatMap((family) => {
      const subnet = network[family]?.subnet
      if (network.external || subnet === undefined) return []
      const prefix = parsePrefix(subnet)
      const block = leaving.find((one) => prefixesOverlap(parsePrefix(one), prefix))
      return block === undefined ? [] : [{ family, subnet: formatPrefix(prefix), block }]
    })
    if (places.length === 0) return []
    const [blocks, them, stays] =
      places.length === 1
        ? ['block', 'the block', "the block stays this host's"]
        : ['blocks', 'the blocks', "the blocks stay this host's"]
    const way = isLive
      ? remakeNetwork
      : `Give it another subnet: \`${written(`portolan move ${network.name}`)}\`.`
    return [
      [
        `No pool of cluster ${cluster} has ${blocks} ${places.map(({ block }) => block).join(', ')} any more, and network ${network.name} (${places.map(({ subnet }) => subnet).join(', ')}) is in ${places.length === 1 ? 'it' : 'them'}. It works as before, and ${stays} until it has moved.`,
        way,
        ...places.flatMap(({ family }) =>
          hasPoolOf(pools, family) ? [] : [familyWithoutPool(cluster, family)],
        ),
        `The next \`${join}\` gives ${them} back then.`,
      ].join(' '),
    ]
  })

/** Says where a network gets its subnet once it has left the last block of a family: a sentence. */
export const familyWithoutPool = (cluster: string, family: Family): string => {
  const name = family === 'ip' ? 'IPv4' : 'IPv6'
  return `Cluster ${cluster} has no ${name} pool any more, so an ${name} subnet is picked outside the cluster, and other hosts have no route to it.`
}
