import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { checkHostName } from '@portolan/core'
import { otherClusterText } from '@portolan/core/planning'
import { type RememberedMember, readMember, stateNamed, writeMember } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { releaseLine } from './join-line.ts'

/** A random text that is unique to one claim. */
export const newNonce = (): string => randomUUID()

/**
 * The membership of this host in a cluster. It is written to disk before the cluster gets it, so a host that is killed
 * still knows its own claims.
 *
 * @param name - the name that was asked for; null: the name it has, or else the machine's
 * @throws InvalidRequestError when the host is another member already
 */
export const thisMember = async (
  directory: string,
  cluster: string,
  name: string | null,
): Promise<RememberedMember> => {
  const known = await readMember(directory)
  if (name !== null) checkHostName(name)
  const host = name ?? nameIn(known, cluster)
  if (known?.cluster === cluster && known.host === host && known.left !== true) return known
  if (known !== null && known.blocks.length > 0) throw other(known, cluster, name, directory)
  checkHostName(host)
  if (known?.cluster === cluster && hasJoined(known)) {
    // Networks left in lost blocks are reported under any name, so they are kept.
    const { left: _left, ...kept } = known
    return known.host === host
      ? writeMember(directory, kept)
      : writeMember(directory, { ...kept, host, incarnation: randomUUID(), ...earlierOf(known) })
  }
  const elsewhere = known === null ? [] : [...new Set([...(known.elsewhere ?? []), ...known.pools])]
  const fresh = {
    ...{ cluster, host, incarnation: randomUUID(), pools: [], blocks: [], leaving: [] },
    ...(elsewhere.length === 0 ? {} : { elsewhere }),
    ...lostBy(known, cluster),
    ...earlierOf(known),
  }
  return writeMember(directory, fresh, { isFirst: known === null })
}

/** The earlier names of a host, with its current one added when it had joined. */
const earlierOf = (known: RememberedMember | null): Pick<RememberedMember, 'earlier'> => {
  if (known === null) return {}
  const { earlier = [], host, incarnation } = known
  const all = hasJoined(known) ? [...earlier, { host, incarnation }] : earlier
  return all.length === 0 ? {} : { earlier: all }
}

/** The lost blocks, sorted by cluster. Networks left in them are reported in any cluster that the host joins. */
const lostBy = (
  known: RememberedMember | null,
  cluster: string,
): Pick<RememberedMember, 'lost' | 'lostElsewhere'> => {
  const lost = [
    ...(known?.lost ?? []).map((one) => ({ cluster: known?.cluster ?? cluster, ...one })),
    ...(known?.lostElsewhere ?? []).map((one) => ({ ...one, takenBy: null, revision: 0 })),
  ]
  const others = lost.filter((one) => one.cluster !== cluster)
  return {
    lost: lost.flatMap(({ cluster: of, ...move }) => (of === cluster ? [move] : [])),
    ...(others.length === 0
      ? {}
      : { lostElsewhere: others.map(({ cluster: of, block }) => ({ cluster: of, block })) }),
  }
}

/** What this host remembers of a cluster, joined or not; null: nothing, or it is in another one. */
export const memberOf = async (directory: string, cluster: string): Promise<RememberedMember | null> => {
  const known = await readMember(directory)
  return known?.cluster === cluster ? known : null
}

/** Tells whether a member has joined. A first `join` that was refused leaves a member without pools and blocks. */
export const hasJoined = ({ pools, blocks }: RememberedMember): boolean =>
  pools.length > 0 || blocks.length > 0

/** The name that `thisMember` would use. Nothing is written. */
export const memberName = async (
  directory: string,
  cluster: string,
  name: string | null,
): Promise<string> => {
  return name ?? nameIn(await readMember(directory), cluster)
}

/** The name of this host in a cluster. A host that gave its blocks back gave its name back too. */
const nameIn = (known: RememberedMember | null, cluster: string): string =>
  known?.cluster === cluster && known.left !== true ? known.host : hostname()

/** Tells whether this host is in a cluster other than the named one. */
export const isElsewhere = (known: RememberedMember | null, cluster: string): known is RememberedMember =>
  known !== null && known.cluster !== cluster && known.left !== true && hasJoined(known)

/** The error for a host that is in another cluster. @param asked - a clause that names the requested cluster */
export const inOtherCluster = (
  member: RememberedMember,
  directory: string,
  asked: string,
): InvalidRequestError => new InvalidRequestError(otherClusterText(member, stateNamed(directory), asked))

const other = (
  known: RememberedMember,
  cluster: string,
  name: string | null,
  directory: string,
): InvalidRequestError =>
  known.cluster === cluster
    ? new InvalidRequestError(
        `this host is ${known.host} in cluster ${cluster} and remembers blocks there, and --member says ${name}. Leave --member out, or give the blocks back first: \`${releaseLine({ cluster: known.url ?? null, directory })}\`.`,
      )
    : inOtherCluster(known, directory, `cluster ${cluster} is named`)
