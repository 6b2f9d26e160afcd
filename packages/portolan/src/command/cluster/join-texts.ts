import type { NodeAddresses, Rejection } from '@portolan/core'
import { familyWithoutPool, hasPoolOf, type YieldedBlock } from '@portolan/core/planning'
import { families, parsePrefix } from '@portolan/netfilter'
import type { CollidingBlock, Joined, LeavingBlock, LostBlock } from '../../cluster/join-cluster.ts'
import { type JoinPlace, joinLine, lineThere } from '../../cluster/join-line.ts'
import type { WaysOut } from './ways-out.ts'

/** Sentences about blocks that no other host can reach, because this host has no address of their family. */
export const unreachableTexts = (addresses: NodeAddresses, blocks: Joined['blocks']): readonly string[] => {
  if (addresses.ip === null && addresses.ip6 === null) return []
  return families.flatMap((family) => {
    const own = blocks.flatMap(({ block }) => (parsePrefix(block).family === family ? [block] : []))
    const name = family === 'ip' ? 'IPv4' : 'IPv6'
    return own.length === 0 || addresses[family] !== null
      ? []
      : [
          `other hosts make no route to ${own.join(', ')}: no ${name} address of this host is known, and ${name} blocks are reached through one. Give it one on the network of the hosts and join again, with --address to name it.`,
        ]
  })
}

export const reachedThrough = ({ ip, ip6 }: NodeAddresses): string => {
  const known = [ip, ip6].filter((address) => address !== null)
  return known.length === 0
    ? 'Other hosts make no route to them: no address of this host is known. Name one with --address.'
    : `Other hosts reach them through ${known.join(' and ')}.`
}

/** The text for a block whose key cannot be read. Another text says what to do about the key. */
export const unreadMoveText = (block: string): string =>
  `it is not known whether block ${block} still belongs to this host: its key in etcd cannot be read.`

export const moveText = ({ block, takenBy, revision, networks }: LostBlock, ways: WaysOut): string => {
  const now = takenBy === null ? 'no host has it now' : `${takenBy} has it now (revision ${revision})`
  const way =
    networks.length === 0
      ? 'No network of this host uses it.'
      : `Networks of this host use it: ${networks.join(', ')}. ${ways(networks)}`
  return `block ${block} no longer belongs to this host: ${now}. ${way}`
}

export const yieldText = ({ block, takenBy }: YieldedBlock, place: JoinPlace): string =>
  `etcd says that block ${block} belongs to this host, but this host saw later that ${takenBy} had it: etcd has an older copy of its data. So the block is given back. Run \`${lineThere('join', place)}\` on ${takenBy}, which gets it again while networks are in it; or restore a later copy.`

/** A cluster that has a block of this host in none of its pools. */
interface LeftCluster {
  readonly place: JoinPlace
  readonly cluster: string
  /** The present pools of the cluster. */
  readonly pools: readonly string[]
}

export const leavingText = (
  { block, networks }: LeavingBlock,
  ways: WaysOut,
  { place, cluster, pools }: LeftCluster,
): string => {
  if (networks.length === 0)
    return `no pool has block ${block} any more. It is kept, as the leases or the interfaces of this host could not be read, which say whether a network is in it.`
  const { family } = parsePrefix(block)
  return [
    `no pool has block ${block} any more, and networks of this host use it: ${networks.join(', ')}. No other network gets a subnet there.`,
    ways(networks),
    ...(hasPoolOf({ pools }, family) ? [] : [familyWithoutPool(cluster, family)]),
    `The next \`${joinLine(place)}\` gives the block back then.`,
  ].join(' ')
}

/** The text for a block that is in no pool and has no network of this host in it. */
export const keptText = (block: string, join: string): string =>
  `no pool has block ${block} any more, and no network of this host is in it. \`${join}\` gives it back.`

export const skipText = ({ candidate, candidates, detail }: Rejection): string =>
  `${candidates === 1 ? `block ${candidate} was` : `block ${candidate} and ${candidates - 1} more were`} not claimed: ${detail}.`

export const collisionText = ({ block, detail }: CollidingBlock): string =>
  `block ${block} is this host's, and collides with something on it: ${detail}. No subnet is picked that overlaps it. \`portolan plan\` tells which network has to move.`
