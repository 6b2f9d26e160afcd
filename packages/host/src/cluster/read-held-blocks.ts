import { type ClusterNeighbours, type HeldBlocks, parseClusterUrl } from '@portolan/core'
import { claimLines, otherClusterText } from '@portolan/core/planning'
import { stateNamed } from '../state/state-file.ts'
import type { RememberedMember } from './member-file.ts'
import { type MemberSince, readMemberSince, seenLast } from './read-member-since.ts'

/**
 * What this host has of a cluster, as it remembers it. The cluster is not asked. A block that the host did not have any
 * more when it saw the other hosts last is lost, and one that no pool had then is leaving, though `portolan cluster join`
 * has not found that out yet.
 *
 * @param url - of the cluster, such as `cluster` of a config
 * @param directory - where this host remembers what it is in a cluster: its state directory
 * @param join - the command that claims blocks, for messages; with that directory, and by another name where another machine
 * has that of this host, unless told
 * @param seen - the other hosts as the cluster has them now; those that are remembered unless told
 * @throws InvalidRequestError for a URL that is none; PortolanError and PermissionError as `readMember`
 * @example
 * const blocks = await readHeldBlocks('etcd://192.0.2.1/prod', '/nowhere')
 * blocks.pools // null
 * @public @since 0.1.0
 */
export const readHeldBlocks = async (
  url: string,
  directory: string,
  join?: string,
  seen?: ClusterNeighbours | null,
): Promise<HeldBlocks> => {
  const { cluster } = parseClusterUrl(url)
  const known = await readMemberSince(directory, seen)
  const since = seen === undefined ? await seenLast(directory) : seen
  const held = heldBlocks(cluster, known, since)
  const place = { cluster: null, state: stateNamed(directory) }
  const lines = join === undefined ? claimLines(place, held) : { join }
  if (known === null || known.member.cluster === cluster) return { ...held, ...lines }
  const { member } = known
  return member.left === true || !hasPart(member)
    ? { ...held, ...lines }
    : { ...held, ...lines, elsewhere: otherClusterText(member, place.state, `cluster ${cluster} is named`) }
}

/**
 * What this host has of the cluster that it has joined, whichever that is: none has to be named.
 *
 * @param directory - where this host remembers what it is in a cluster: its state directory
 * @param joinOf - the commands that claim blocks, for messages; with the URL by which the host joined, and that directory, unless
 * told
 * @param seen - the other hosts as the cluster has them now; those that are remembered unless told
 * @returns null: it has joined none, or has given its blocks and its name back. Where networks may be left in those, they are
 * lost, and subnets are picked as without a cluster.
 * @throws PortolanError and PermissionError as `readMember`
 * @example
 * await readJoinedBlocks('/nowhere') // null
 * @public @since 0.1.0
 */
export const readJoinedBlocks = async (
  directory: string,
  joinOf: (member: RememberedMember, held: HeldBlocks) => Pick<HeldBlocks, 'join' | 'takeover'> = (
    { url = null },
    blocks,
  ) => claimLines({ cluster: url, state: stateNamed(directory) }, blocks),
  seen?: ClusterNeighbours | null,
): Promise<HeldBlocks | null> => {
  const known = await readMemberSince(directory, seen)
  if (known === null || !(hasPart(known.member) || known.held.lost.length > 0)) return null
  const since = seen === undefined ? await seenLast(directory) : seen
  const held = heldBlocks(known.member.cluster, known, since)
  const lines = joinOf(known.member, { ...held, join: 'portolan cluster join' })
  if (known.member.left !== true && hasPart(known.member)) return { ...held, ...lines }
  const { former: _former, leaving: _leaving, ...left } = held
  return held.lost.length === 0 ? null : { ...left, left: true, pools: [], blocks: [], ...lines }
}

const heldBlocks = (
  cluster: string,
  known: MemberSince | null,
  since: ClusterNeighbours | null,
): Omit<HeldBlocks, 'join'> => {
  const others = othersIn(since, cluster)
  if (known === null || known.member.cluster !== cluster || !hasPart(known.member)) {
    // Networks that were left in blocks of another cluster are told whichever cluster is named.
    const lost = (known?.held.lost ?? []).map((one) => ({
      cluster: known?.member.cluster ?? cluster,
      ...one,
    }))
    return { cluster, ...hostIn(since, cluster), pools: null, blocks: [], lost, ...others }
  }
  const { blocks, leaving, lost } = known.held
  const pools = poolsIn(since, known.member)
  return {
    // A name that was given back may be that of another machine.
    ...(known.member.left === true ? { left: true } : { host: known.member.host }),
    ...{ cluster, pools, ...formerIn(since, cluster, pools), blocks, lost },
    ...others,
    ...(leaving.length === 0 ? {} : { leaving }),
  }
}

/** A first call of `join` that was refused leaves a member without either. */
const hasPart = ({ pools, blocks }: RememberedMember): boolean => pools.length > 0 || blocks.length > 0

/** What other hosts of a cluster have, where that is the one that was seen. */
const othersIn = (
  seen: ClusterNeighbours | null,
  cluster: string,
): Pick<HeldBlocks, 'others' | 'disputed'> =>
  seen === null || seen.cluster !== cluster || seen.others.length === 0
    ? {}
    : {
        others: seen.others.map(({ block, host }) => ({ block, host })),
        ...(seen.disputed === undefined ? {} : { disputed: seen.disputed }),
      }

/** Those of now first, and those of before: what another host may have is in either. */
const poolsIn = (seen: ClusterNeighbours | null, { cluster, pools }: RememberedMember): readonly string[] =>
  seen === null || seen.cluster !== cluster ? pools : [...new Set([...(seen.pools ?? []), ...pools])]

/** Those that the cluster did not have any more when it was seen last. */
const formerIn = (
  seen: ClusterNeighbours | null,
  cluster: string,
  pools: readonly string[],
): Pick<HeldBlocks, 'former'> => {
  const { pools: now = [] } = seen?.cluster === cluster ? seen : {}
  const former = now.length === 0 ? [] : pools.filter((pool) => !now.includes(pool))
  return former.length === 0 ? {} : { former }
}

/** Where the state directory was lost, the cluster may have told which host this was. */
const hostIn = (seen: ClusterNeighbours | null, cluster: string): Pick<HeldBlocks, 'host'> =>
  seen === null || seen.cluster !== cluster || seen.blocks.length === 0 ? {} : { host: seen.host }
