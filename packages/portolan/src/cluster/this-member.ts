import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { checkHostName } from '@portolan/core'
import { otherClusterText } from '@portolan/core/planning'
import { type RememberedMember, readMember, stateNamed, writeMember } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { releaseLine } from './join-line.ts'

/** A text that no other claim has. */
export const newNonce = (): string => randomUUID()

/**
 * What this host is in a cluster. It is on disk before the cluster hears of it: a host that is killed then knows its own.
 *
 * @param name - the name that was asked for; null: the one it has, or else that of the machine
 * @throws InvalidRequestError where it is something else already
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
    // Networks that were left in blocks are told by any name.
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

/** What a host was until now is remembered beside what it was before. */
const earlierOf = (known: RememberedMember | null): Pick<RememberedMember, 'earlier'> => {
  if (known === null) return {}
  const { earlier = [], host, incarnation } = known
  const all = hasJoined(known) ? [...earlier, { host, incarnation }] : earlier
  return all.length === 0 ? {} : { earlier: all }
}

/** Networks that were left in blocks are told in whichever cluster the host is then. */
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

/** What this host remembers to be in a cluster, joined or not; null: nothing, or it is in another one. */
export const memberOf = async (directory: string, cluster: string): Promise<RememberedMember | null> => {
  const known = await readMember(directory)
  return known?.cluster === cluster ? known : null
}

/** A first call of `join` that was refused leaves a member without pools: it has no part in the cluster. */
export const hasJoined = ({ pools, blocks }: RememberedMember): boolean =>
  pools.length > 0 || blocks.length > 0

/** The name that `thisMember` has; nothing is written. */
export const memberName = async (
  directory: string,
  cluster: string,
  name: string | null,
): Promise<string> => {
  return name ?? nameIn(await readMember(directory), cluster)
}

/** A host that gave its blocks back gave its name back too. */
const nameIn = (known: RememberedMember | null, cluster: string): string =>
  known?.cluster === cluster && known.left !== true ? known.host : hostname()

/** Is this host in another cluster than the one that is named? */
export const isElsewhere = (known: RememberedMember | null, cluster: string): known is RememberedMember =>
  known !== null && known.cluster !== cluster && known.left !== true && hasJoined(known)

/** @param asked - what names another cluster, as a part of a sentence */
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
        `this host is ${known.host} in cluster ${cluster} and remembers blocks there, and --member says ${name}. Leave --member out, or let go of the blocks first: \`${releaseLine({ cluster: known.url ?? null, directory })}\`.`,
      )
    : inOtherCluster(known, directory, `cluster ${cluster} is named`)
