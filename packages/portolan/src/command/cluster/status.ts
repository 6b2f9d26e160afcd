import { BlockStoreError, type ClusterView, describeCluster, heldSince } from '@portolan/core'
import { isNameUnread, ownsName, takeoverText, type UnreadBlock, unreadBlocks } from '@portolan/core/planning'
import { type RememberedMember, readMember, readNetworkFacts } from '@portolan/host'
import { earlierTexts } from '../../cluster/earlier-names.ts'
import { claimLine, joinLine, takeoverLine } from '../../cluster/join-line.ts'
import {
  forgottenText,
  type KnownMember,
  knownByFacts,
  type UnknownMember,
  unknownText,
} from '../../cluster/known-member.ts'
import { lostData, unknownHostsText } from '../../cluster/lost-data.ts'
import { noPools } from '../../cluster/no-pools.ts'
import { neighboursIn, rememberLoss, rememberLostIn } from '../../cluster/remember-neighbours.ts'
import { hasJoined, inOtherCluster, isElsewhere } from '../../cluster/this-member.ts'
import { unreadNameText, unreadText } from '../../cluster/unread-keys.ts'
import { areComplete, type BlockUse, useOfBlocks } from '../../cluster/use-of-blocks.ts'
import { alignColumns } from '../../text/text-table.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { waitFor } from '../wait-for.ts'
import { type ClusterCall, leasesOf, placeOf, plainNumbers, refuseOptions } from './call.ts'
import { keptText, leavingText } from './join-texts.ts'
import { leftElsewhere, leftElsewhereTexts, lostInUse, lostInUseTexts } from './lost-in-use.ts'
import { waysOnce, waysOut } from './ways-out.ts'

/** What was found out about this host when the cluster was read. */
interface FoundBeside {
  /** What this host was, as the cluster shows; for a host that remembers nothing. */
  stray: KnownMember | UnknownMember | null
  loss: BlockStoreError | null
  /** Blocks of this host that other hosts have, as far as etcd has data left after a loss. */
  disputed: readonly string[]
  /** Blocks of this host that are in no pool any more. */
  leaving: readonly string[]
  unknownHosts: string | null
  /** Blocks whose keys cannot be read. */
  unread: readonly UnreadBlock[]
  isOwnName: boolean | null
  /** The record of this host's name cannot be read. */
  isNameUnread: boolean
}

/** `portolan cluster status`: which host has which block, and how far those of this host are used up. */
export const status = async (call: ClusterCall): Promise<ExitCode> => {
  refuseOptions(call, 'status', [])
  const { options, terminal, name, store, directory } = call
  const known = await readMember(directory)
  const member = known?.cluster === name ? known : null
  const facts = await readNetworkFacts()
  const witnesses = { leases: await leasesOf(call), facts }
  const own = useOfBlocks(
    (member?.blocks ?? []).map(({ block }) => block),
    witnesses,
  )
  const place = placeOf(call)
  const isJoined = member !== null && hasJoined(member)
  const found: FoundBeside = {
    ...{
      stray: null,
      loss: null,
      disputed: [],
      leaving: [],
      unknownHosts: null,
      unread: [],
      isOwnName: null,
      isNameUnread: false,
    },
  }
  const view = await waitFor(call, 'asking etcd', async () => {
    try {
      const snapshot = await store.read()
      if (!isJoined) found.stray = knownByFacts(snapshot, facts)
      found.isNameUnread = member !== null && isNameUnread(snapshot, member)
      found.isOwnName = member === null || found.isNameUnread ? null : ownsName(snapshot, member)
      const lostHere = await lostData(place, name, snapshot, () => store.read())
      found.loss = lostHere?.error ?? null
      found.disputed = lostHere?.seen?.disputed ?? []
      if (lostHere === null) await rememberLoss(directory, name, snapshot)
      else await rememberLostIn(directory, lostHere.seen)
      const seen =
        found.loss === null && isJoined ? await neighboursIn(directory, name, member, snapshot) : null
      if (seen !== null && member !== null) found.leaving = heldSince(member, seen).leaving
      found.unread = unreadBlocks(snapshot)
      found.unknownHosts = seen === null ? null : unknownHostsText(place, seen)
      return describeCluster(snapshot)
    } catch (error) {
      if (error instanceof BlockStoreError) return error
      throw error
    }
  })
  const { loss, disputed, unknownHosts, isOwnName } = found
  let { stray } = found
  const isReached = !(view instanceof BlockStoreError)
  const isSetUp = isReached && view.pools.length > 0
  const asked = loss === null || member === null ? member : onlyBlocks(member, disputed)
  const unread = found.unread.map(({ block }) => block)
  const lost = isReached && asked !== null ? lostInUse(view, asked, witnesses, unread) : []
  const hasName = member !== null && member.left !== true
  const isTaken = hasName && isOwnName === false
  const taken = isTaken ? { host: member.host, others: [{ host: member.host }] } : null
  const claim = claimLine(place, taken, loss !== null)
  // This host is in another cluster. That it is not in the named one is no reason to join.
  if (isElsewhere(known, name)) {
    stray = null
    terminal.say(`portolan: ${inOtherCluster(known, directory, `cluster ${name} is named`).message}`)
  }
  if (hasName && found.isNameUnread) terminal.say(`portolan: ${unreadNameText(place, name, member.host)}`)
  if (isTaken)
    terminal.say(
      loss === null
        ? `portolan: another machine now has the name ${member.host} in cluster ${name}, and this one had it before. Two machines cannot have one name: give this one another, NAME (\`${claim}\`, which says what has to move: the \`portolan move\` of each network), or stop the other one.`
        : `portolan: the records that etcd has left give the name ${member.host} in cluster ${name} to another machine. ${takeoverText(member.host, takeoverLine(place))} Else give this one another name, NAME (\`${claim}\`, which says what has to move: the \`portolan move\` of each network), or stop the other one.`,
    )
  if (stray !== null)
    terminal.say(
      `portolan: ${stray.member === null ? unknownText(place, name, stray.networks) : forgottenText(place, name, stray.member)}`,
    )
  if (unknownHosts !== null) terminal.say(`portolan: ${unknownHosts}`)
  const hasBlock = own.some(({ block }) => !lost.some((one) => one.block === block))
  const leaving = useOfBlocks(found.leaving, witnesses)
  const elsewhere = leftElsewhere(member ?? {}, witnesses)
  const pools = isReached ? view.pools.map(({ pool }) => pool) : []
  const ways = waysOnce(await waysOut(call, [...lost, ...leaving, ...elsewhere]))
  const texts = [
    ...lostInUseTexts(lost, hasBlock, isTaken && loss !== null ? takeoverLine(place) : claim, ways),
    ...leaving.map((one) =>
      one.networks.length === 0 && areComplete(witnesses)
        ? keptText(one.block, joinLine(place))
        : leavingText(one, ways, { place, cluster: name, pools }),
    ),
    ...leftElsewhereTexts(elsewhere, ways),
    ...(isReached && isJoined && loss === null ? earlierTexts(place, name, member, view) : []),
    ...found.unread.map((one) => unreadText(place, name, one)),
  ]
  for (const text of texts) terminal.say(`portolan: ${text}`)
  if (options.json === true) {
    const answer = {
      cluster: name,
      reachable: isReached,
      ...(isReached ? view : { error: view.toJSON() }),
      ...{ host: hasName ? member.host : null, nameTaken: isReached ? isTaken : null, own },
      lost: lost.map(({ block }) => block),
    }
    terminal.print(jsonText(answer, plainNumbers))
  } else {
    if (!isReached) terminal.say(`portolan: ${view.message}`)
    const lines = [
      ...(isSetUp ? viewLines(view, isOwnName === true ? member : null) : []),
      ...ownLines(own, member),
    ]
    terminal.print(lines.join('\n'))
  }
  if (loss !== null) terminal.say(`portolan: ${loss.message}`)
  else if (isReached && !isSetUp)
    terminal.say(`portolan: ${noPools(place, name, known === null ? facts : null)}`)
  return isSetUp && loss === null ? exitCode.ok : exitCode.error
}

/** Keeps only the given blocks of a member. Of its other blocks etcd says nothing. */
const onlyBlocks = (member: RememberedMember, blocks: readonly string[]): RememberedMember => ({
  ...member,
  blocks: member.blocks.filter(({ block }) => blocks.includes(block)),
  lost: [],
})

const viewLines = ({ pools, hosts }: ClusterView, member: RememberedMember | null): readonly string[] => [
  ...alignColumns([
    ['POOL', 'BLOCKS', 'HELD', 'RELEASED', 'RECLAIMED', 'NEVER USED'],
    ...pools.map(({ pool, blocks, held, released, expired }) => [
      ...[pool, String(blocks), String(held), String(released), String(expired)],
      String(blocks - BigInt(held + released + expired)),
    ]),
  ]),
  '',
  ...alignColumns([
    ['HOST', 'ALIVE', 'ADDRESS', 'BLOCKS'],
    ...hosts.map(({ host, alive, addresses, blocks }) => [
      host === member?.host ? `${host} (this host)` : host,
      alive ? 'yes' : 'no',
      [addresses?.ip, addresses?.ip6].filter((one) => one != null).join(', '),
      blocks.map(({ block }) => block).join(', '),
    ]),
  ]),
  '',
]

const ownLines = (own: readonly BlockUse[], member: RememberedMember | null): readonly string[] =>
  member === null
    ? ['This host has not joined.']
    : own.length === 0
      ? ['This host has no block.']
      : alignColumns([
          ['BLOCK OF THIS HOST', 'LEASED', 'REMAIN', 'NETWORKS'],
          ...own.map(({ block, leased, remaining, networks }) => [
            ...[block, String(leased), String(remaining), networks.join(', ')],
          ]),
        ])
