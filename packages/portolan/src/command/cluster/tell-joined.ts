import { BlocksExhaustedError, describeCluster } from '@portolan/core'
import { unreadBlocks } from '@portolan/core/planning'
import { earlierTexts } from '../../cluster/earlier-names.ts'
import { unknownTexts } from '../../cluster/lost-data.ts'
import { unreadTexts } from '../../cluster/unread-keys.ts'
import { jsonText } from '../output/json-text.ts'
import { type ClusterCall, placeOf } from './call.ts'
import type { JoinedNode } from './join-once.ts'
import {
  collisionText,
  leavingText,
  moveText,
  reachedThrough,
  skipText,
  unreachableTexts,
  unreadMoveText,
  yieldText,
} from './join-texts.ts'
import { leftElsewhereTexts } from './lost-in-use.ts'
import { waysOnce, waysOut } from './ways-out.ts'

/** Adds to an error that the blocks of this host are remembered. The missing ones may come later. */
export const withMemory = (
  exhausted: BlocksExhaustedError,
  { directory }: ClusterCall,
): BlocksExhaustedError =>
  exhausted.blocks.length === 0
    ? exhausted
    : new BlocksExhaustedError(
        `${exhausted.message} They are remembered in ${directory}, and plans use them.`,
        exhausted,
        { cause: exhausted },
      )

/** Prints what this host has to know about its blocks, even if it has none. */
export const tellTrouble = async (call: ClusterCall, joined: JoinedNode): Promise<void> => {
  const { blocks, leaving, moves, skipped, collisions, addresses, yielded, loss, elsewhere } = joined
  const place = placeOf(call)
  const ways = waysOnce(await waysOut(call, [...moves, ...leaving, ...elsewhere]))
  const view = describeCluster(joined.seen)
  const pools = view.pools.map(({ pool }) => pool)
  const unread = unreadBlocks(joined.seen).map(({ block }) => block)
  const sentences = [
    // A host that stays joined prints each loss of data itself.
    ...(loss === null || loss.seen?.disputed === undefined || call.options.watch ? [] : [loss.error.message]),
    ...yielded.map((one) => yieldText(one, place)),
    ...moves.map((move) => (unread.includes(move.block) ? unreadMoveText(move.block) : moveText(move, ways))),
    ...leftElsewhereTexts(elsewhere, ways),
    ...leaving.map((block) => leavingText(block, ways, { place, cluster: call.name, pools })),
    ...skipped.map(skipText),
    ...collisions.map(collisionText),
    ...unreachableTexts(addresses, blocks),
    ...(await unknownTexts(place, call.name)),
    ...earlierTexts(place, call.name, joined.member, view),
    ...unreadTexts(place, call.name, joined.seen),
  ]
  for (const sentence of sentences) call.terminal.say(`portolan: ${sentence}`)
}

/** Prints the result of a `join`. */
export const tell = async (call: ClusterCall, joined: JoinedNode): Promise<void> => {
  const { member, blocks, claimed, released, leaving, moves, skipped, collisions, addresses } = joined
  const { exhausted, yielded } = joined
  const { options, terminal, name } = call
  await tellTrouble(call, joined)
  if (exhausted !== null && options.watch === true)
    terminal.say(`portolan: ${withMemory(exhausted, call).message}`)
  // The error that follows says this.
  if (exhausted !== null && options.watch !== true && (options.json === true || blocks.length === 0)) return
  if (options.json === true) {
    const held = blocks.map(({ block, revision }) => ({ block, revision }))
    const answer = {
      ...{ cluster: name, host: member.host, blocks: held, addresses },
      ...{ claimed, released, yielded, leaving, moves, skipped, collisions },
    }
    terminal.print(jsonText(answer, null, options.watch === true ? 0 : 2))
    return
  }
  terminal.print(
    [
      `This host is ${member.host} in cluster ${name}.`,
      ...blocks.map(({ block }) => `${block} ${claimed.includes(block) ? 'claimed' : 'held'}`),
      reachedThrough(addresses),
      ...released.map((block) => `${block} released: no pool has it`),
    ].join('\n'),
  )
}
