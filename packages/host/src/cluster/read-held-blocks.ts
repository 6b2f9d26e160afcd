import { type ClusterNeighbours, type HeldBlocks, parseClusterUrl } from '@portolan/core'
import { claimLines, otherClusterText } from '@portolan/core/planning'
import { stateNamed } from '../state/state-file.ts'
import type { RememberedMember } from './member-file.ts'
import { type MemberSince, readMemberSince, seenLast } from './read-member-since.ts'

/**
 * Reads what this host remembers of its blocks in a cluster. It does not ask the cluster. A block that the host had
 * lost when it last saw the other hosts is in `lost`. A block that was in no pool then is in `leaving`. Both hold even
 * if `portolan cluster join` has not found it out yet.
 *
 * @param url - the URL of the cluster, such as `cluster` of a config
 * @param directory - the state directory, where this host remembers what it is in a cluster
 * @param join - the command that claims blocks, for messages; absent: a command with that directory, and with another
 * name where another machine has the name of this host
 * @param seen - the other hosts as the cluster has them now; absent: the remembered ones
 * @throws InvalidRequestError for a malformed URL; PortolanError and PermissionError as `readMember`
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
 * Reads what this host remembers of its blocks in the cluster that it has joined. No cluster has to be named.
 *
 * @param directory - the state directory, where this host remembers what it is in a cluster
 * @param joinOf - the commands that claim blocks, for messages; absent: commands with the URL by which the host joined,
 * and that directory
 * @param seen - the other hosts as the cluster has them now; absent: the remembered ones
 * @returns null: the host has joined no cluster, or has given back its blocks and its name. If networks may be left in
 * former blocks, the result holds them as lost, and subnets are picked as without a cluster.
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
    // Lost blocks of another cluster may still hold networks, so they are reported whichever cluster is named.
    const lost = (known?.held.lost ?? []).map((one) => ({
      cluster: known?.member.cluster ?? cluster,
      ...one,
    }))
    return { cluster, ...hostIn(since, cluster), pools: null, blocks: [], lost, ...others }
  }
  const { blocks, leaving, lost } = known.held
  const pools = poolsIn(since, known.member)
  return {
    // A name that was given back may be another machine's now.
    ...(known.member.left === true ? { left: true } : { host: known.member.host }),
    ...{ cluster, pools, ...formerIn(since, cluster, pools), blocks, lost },
    ...others,
    ...(leaving.length === 0 ? {} : { leaving }),
  }
}

/** Tells whether a member has pools or blocks. A first call of `join` that was refused leaves a member without both. */
const hasPart = ({ pools, blocks }: RememberedMember): boolean => pools.length > 0 || blocks.length > 0

/** The blocks of the other hosts, if the hosts that were seen are of this cluster. */
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

/** The current pools first, and then the former ones: another host may have blocks in either. */
const poolsIn = (seen: ClusterNeighbours | null, { cluster, pools }: RememberedMember): readonly string[] =>
  seen === null || seen.cluster !== cluster ? pools : [...new Set([...(seen.pools ?? []), ...pools])]

/** The former pools, which the cluster did not have any more when it was last seen. */
const formerIn = (
  seen: ClusterNeighbours | null,
  cluster: string,
  pools: readonly string[],
): Pick<HeldBlocks, 'former'> => {
  const { pools: now = [] } = seen?.cluster === cluster ? seen : {}
  const former = now.length === 0 ? [] : pools.filter((pool) => !now.includes(pool))
  return former.length === 0 ? {} : { former }
}

/** The name of this host as the cluster showed it. It is used where the state directory was lost. */
const hostIn = (seen: ClusterNeighbours | null, cluster: string): Pick<HeldBlocks, 'host'> =>
  seen === null || seen.cluster !== cluster || seen.blocks.length === 0 ? {} : { host: seen.host }
