import {
  type BlockMove,
  BlockStoreError,
  type ClusterBlock,
  type ClusterView,
  describeCluster,
} from '@portolan/core'
import { holderOf, isWithinBlocks, ownsName } from '@portolan/core/planning'
import { type RememberedMember, readMember, readNetworkFacts, writeMember } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { giveBlocksBack } from '../../cluster/give-blocks-back.ts'
import { holdMembership } from '../../cluster/hold-membership.ts'
import { clusterLine, joinLine } from '../../cluster/join-line.ts'
import { joinedMember } from '../../cluster/known-member.ts'
import { lostData } from '../../cluster/lost-data.ts'
import { rememberLoss, rememberLostIn, rememberNeighbours } from '../../cluster/remember-neighbours.ts'
import { hasJoined } from '../../cluster/this-member.ts'
import { type BlockUse, useOfBlocks } from '../../cluster/use-of-blocks.ts'
import { destroy, planDestroy } from '../../destroy/destroy.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { jsonText } from '../output/json-text.ts'
import { sayError } from '../output/say-error.ts'
import { waitFor } from '../wait-for.ts'
import { type ClusterCall, leasesOf, placeOf, refuseOptions } from './call.ts'

/** `portolan cluster release`: gives back all blocks of this host. */
export const release = async (call: ClusterCall): Promise<ExitCode> => {
  refuseOptions(call, 'release', ['force'])
  const { name, directory } = call
  const member = await joinedMember(directory, name)
  if (member === null) throw notJoined(call, await readMember(directory))
  const end = await holdMembership(directory, 'and would claim blocks again at once.')
  try {
    return await releaseAll(call, member)
  } finally {
    end()
  }
}

/** @param known - what this host remembers to be, in any cluster */
const notJoined = (call: ClusterCall, known: RememberedMember | null): InvalidRequestError => {
  const { name } = call
  return new InvalidRequestError(
    known !== null && known.cluster !== name && hasJoined(known)
      ? `this host has not joined cluster ${name}, so it has no blocks to give back there: it is ${known.host} in cluster ${known.cluster}. If that one is meant, name it (--cluster, or cluster: in config.yaml).`
      : `this host has not joined cluster ${name}, so it has no blocks to give back. \`${clusterLine('status', placeOf(call))}\` shows which host has which.`,
  )
}

const releaseAll = async (call: ClusterCall, member: RememberedMember): Promise<ExitCode> => {
  const { options, terminal, store, name, directory } = call
  // A release that was cut off may have cleared what this host remembered, so etcd is asked as well.
  const snapshot = await waitFor(call, 'asking etcd', () => store.read())
  const lostHere = await lostData(placeOf(call), name, snapshot, () => store.read())
  if (lostHere !== null) await rememberLostIn(directory, lostHere.seen)
  if (lostHere !== null && options.force !== true)
    throw new BlockStoreError(
      lostHere.error.code,
      `${lostHere.error.message} Nothing was given back. To leave the cluster all the same, add --force.`,
      { cause: lostHere.error },
    )
  if (lostHere === null) await rememberLoss(directory, name, snapshot)
  const seen = describeCluster(snapshot).hosts
  const own = seen.find(({ host }) => host === member.host)?.blocks ?? []
  const held = own.filter(({ incarnation }) => incarnation === member.incarnation)
  const blocks = [...new Set([...member.blocks, ...held].map(({ block }) => block))]
  const ofHost = held.map(({ block }) => block)
  const lostLong = member.lost.flatMap(({ block }) =>
    blocks.includes(block) || isWithinBlocks(block, ofHost) ? [] : [block],
  )
  // A block that this host has lost is not given back, whatever is in it: another machine has it, or none.
  const lostBefore = goneBlocks(seen, held, [...blocks, ...lostLong])
  const used = useOfBlocks([...blocks, ...lostLong], {
    leases: await leasesOf(call),
    facts: await readNetworkFacts(),
  }).filter(({ networks, leased }) => networks.length > 0 || leased > 0)
  const kept = used.filter(({ block }) => !lostBefore.some((one) => one.block === block))
  if (kept.length > 0 && options.force !== true)
    throw new InvalidRequestError(
      `${kept.map(({ block, networks }) => `block ${block} is in use (${networks.length > 0 ? `networks ${networks.join(', ')}` : 'leased addresses'})`).join('; ')}. Another host could claim it, and both would use its addresses. Destroy or move those networks first; --force gives it back all the same.`,
    )
  const released = await waitFor(call, 'asking etcd', () => giveBlocksBack(store, directory, member, blocks))
  // Networks that stay in a released block have to move, as from a block that another host took.
  const left = used.map(
    ({ block }): BlockMove =>
      lostBefore.find((one) => one.block === block) ?? { block, takenBy: null, revision: 0 },
  )
  const isLeft = (block: string): boolean => left.some((one) => one.block === block)
  const lost = [...member.lost.filter(({ block }) => !blocks.includes(block) && !isLeft(block)), ...left]
  await writeMember(directory, { ...member, blocks: [], leaving: [], lost, left: true })
  await rememberNeighbours(directory, member, await store.read())
  await putBack(call)
  if (options.json === true)
    terminal.print(
      jsonText({
        ...{ cluster: name, host: member.host, released },
        // Like `moves` of `join`: blocks that this host had lost, with the networks that are left in them.
        taken: lostBefore
          .filter(({ block }) => blocks.includes(block) || isLeft(block))
          .map(({ block, takenBy }) => ({
            ...{ block, takenBy },
            networks: used.find((one) => one.block === block)?.networks ?? [],
          })),
      }),
    )
  else
    terminal.print(
      [
        released.length === 0 ? 'This host has no blocks to give back.' : `Released ${released.join(', ')}.`,
        ...goneTexts(lostBefore, used, member, call, ownsName(snapshot, member) === false),
        ...(member.left === true
          ? []
          : [
              `This host is no longer ${member.host} in cluster ${name}: \`${joinLine(placeOf(call))}\` takes the name of the machine again, or the one of --member.`,
            ]),
      ].join('\n'),
    )
  return exitCode.ok
}

/** The given blocks that this host no longer has. */
const goneBlocks = (
  hosts: ClusterView['hosts'],
  held: readonly ClusterBlock[],
  blocks: readonly string[],
): readonly BlockMove[] => {
  const now = hosts.flatMap((one) => one.blocks).filter((one) => !held.includes(one))
  return blocks
    .filter((block) => !held.some((one) => one.block === block))
    .map((block) => {
      const holder = holderOf(block, now)
      return { block, takenBy: holder?.host ?? null, revision: holder?.revision ?? 0 }
    })
}

const goneTexts = (
  gone: readonly BlockMove[],
  used: readonly BlockUse[],
  { host }: RememberedMember,
  call: ClusterCall,
  wasNameTaken: boolean,
): readonly string[] => {
  const isNameTaken = wasNameTaken || gone.some(({ takenBy }) => takenBy === host)
  const texts = gone.flatMap(({ block, takenBy }) => {
    const networks = used.find((one) => one.block === block)?.networks ?? []
    if (networks.length === 0) return []
    const use = `networks of this host are in it: ${networks.join(', ')}.`
    if (takenBy === null) return [`${block} no longer belongs to this host in the cluster, and ${use}`]
    const machine = takenBy === host ? `Another machine named ${host}` : `Host ${takenBy}`
    return [`${machine} has ${block} now, and ${use}`]
  })
  return texts.length === 0
    ? []
    : [
        ...texts,
        `Next, \`${joinLine(placeOf(call), '--member', isNameTaken ? 'NAME' : host)}\` gives this host ${isNameTaken ? 'another name and a block' : 'its name and a block again'}: one of these that no other host has comes first. It says how the networks in the others move there.`,
      ]
}

/**
 * Puts routes and sysctls back where no project is on the host any more. Engines remove their networks one by one, and
 * no removal knows that it is the last.
 */
const putBack = async ({ options: given, terminal, directory }: ClusterCall): Promise<void> => {
  const options = { stateDirectory: directory, keepLeases: true }
  try {
    const removal = await planDestroy(options)
    const { present, texts = [], changes } = removal
    if (present.length + texts.length === 0 && changes.length > 0) await destroy(options, removal)
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    // A watch holds a project, so the routes are still of use.
    if (error.code === 'WATCHED') return
    sayError(
      terminal,
      error,
      `the blocks were given back, and the routes to other hosts may be left: ${error.message} \`${withOwnOptions(given)('portolan destroy --all')}\` removes them.`,
    )
  }
}
