import { setTimeout as delay } from 'node:timers/promises'
import {
  blocksOfDeadHosts,
  type ClusterBlock,
  describeCluster,
  reclaimBlocks,
  runBlockSteps,
} from '@portolan/core'
import { forgottenOf } from '@portolan/core/planning'
import { InvalidRequestError } from '@portolan/netfilter'
import { clusterLine, lineThere, releaseLine } from '../../cluster/join-line.ts'
import { refuseLostData } from '../../cluster/lost-data.ts'
import { noPools } from '../../cluster/no-pools.ts'
import { rememberLoss } from '../../cluster/remember-neighbours.ts'
import { memberOf, newNonce } from '../../cluster/this-member.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { wholeNumber } from '../options/options.ts'
import { jsonText } from '../output/json-text.ts'
import { type ClusterCall, placeOf, refuseOptions } from './call.ts'
import { type KeptHost, keptHosts, keptTexts } from './kept-blocks.ts'
import {
  type ForgottenHere,
  type FreedBlocks,
  forgottenHere,
  forgottenText,
  freeForgotten,
  isAlive,
  noneFreed,
} from './reclaim-forgotten.ts'

/** `portolan cluster reclaim`: takes the blocks of a host that is not alive, after a while in which it stays so. */
export const reclaim = async (call: ClusterCall): Promise<ExitCode> => {
  refuseOptions(call, 'reclaim', ['member', 'all', 'grace', 'yes'])
  const { options, terminal, name, store } = call
  const host = wantedHost(call)
  const grace = wholeNumber(options, 'grace', { from: 0, to: 7 * 24 * 3_600 }) ?? 600
  if (options.yes !== true && !terminal.interactive)
    throw new InvalidRequestError(
      'reclaim asks before it takes blocks of another host, and there is no terminal to ask on. Add --yes to go ahead.',
    )
  const member = await memberOf(call.directory, call.name)
  const snapshot = await store.read()
  await refuseLostData(placeOf(call), name, snapshot, () => store.read())
  await rememberLoss(call.directory, name, snapshot)
  const { pools, hosts } = describeCluster(snapshot)
  if (pools.length === 0)
    throw new InvalidRequestError(`${noPools(placeOf(call), name)} Nothing was changed.`)
  const lost = await forgottenHere(call, member, snapshot, host)
  if (host !== null)
    refuseAlive(
      hosts.find((one) => one.host === host),
      host,
      call,
      lost.blocks.length > 0,
    )
  // This host is running, even if no program keeps it alive in the cluster. Its own blocks are left out.
  const dead = blocksOfDeadHosts(snapshot, host)
  const seen = dead.filter(({ incarnation }) => incarnation !== member?.incarnation)
  if (host !== null && dead.length > 0 && seen.length === 0)
    throw new InvalidRequestError(
      `${host} is this host, which runs, and would go on using blocks that were taken from it. \`${releaseLine(placeOf(call))}\` gives them back, once no network is in them.`,
    )
  const asked = [...seen, ...lost.blocks]
  const isWanted = asked.length > 0 && (await isAgreed(call, asked, grace))
  const { taken, freed } = isWanted ? await take(call, seen, lost, grace) : { taken: [], freed: noneFreed }
  const kept = isWanted
    ? await keptBlocks(call, host, asked, lost, [...taken, ...freed.reclaimed, ...freed.forgotten])
    : noneKept
  if (options.json === true) {
    const reclaimed = [...taken, ...freed.reclaimed].map(({ block, host: of }) => ({ block, host: of }))
    terminal.print(jsonText({ cluster: name, reclaimed, forgotten: freed.forgotten, kept: kept.hosts }))
  } else terminal.print(outcome(asked.length > 0, taken, freed, kept.texts))
  return exitCode.ok
}

/** @returns null: every host that is not alive */
const wantedHost = ({ options }: ClusterCall): string | null => {
  if (options.member !== undefined && options.all !== true) return options.member
  if (options.member === undefined && options.all === true) return null
  throw new InvalidRequestError(
    'reclaim takes the blocks of one host that is off (--member NAME), or of every host that is not alive (--all): give one of the two.',
  )
}

const refuseAlive = (
  found: { readonly alive: boolean } | undefined,
  host: string,
  call: ClusterCall,
  isRemembered: boolean,
): void => {
  if (found === undefined && isRemembered) return
  if (found === undefined)
    throw new InvalidRequestError(
      `no host ${host} has blocks in this cluster. \`${clusterLine('status', placeOf(call))}\` lists those that have.`,
    )
  if (found.alive)
    throw new InvalidRequestError(
      `host ${host} is alive: a program there keeps its lease. Run \`${lineThere('release', placeOf(call))}\` on it, or stop it and wait a minute.`,
    )
}

const isAgreed = async (
  { options, terminal }: ClusterCall,
  seen: readonly Pick<ClusterBlock, 'host'>[],
  grace: number,
): Promise<boolean> => {
  const hosts = [...new Set(seen.map(({ host }) => host))]
  terminal.say(
    `portolan: a host that still runs goes on using its blocks, and a host that claims one uses the same addresses. Reclaim only from hosts that are off: ${hosts.join(', ')}.`,
  )
  if (options.yes === true) return true
  return terminal.ask(`Take ${seen.length} blocks if no such host comes back within ${grace} s?`)
}

/** The time between two looks, in milliseconds. The lease of a host that comes back lasts 60 s, so a look sees it. */
const LOOK_MS = 15_000

const take = async (
  call: ClusterCall,
  seen: readonly ClusterBlock[],
  lost: ForgottenHere,
  grace: number,
): Promise<{ readonly taken: readonly ClusterBlock[]; readonly freed: FreedBlocks }> => {
  const { store, terminal, options } = call
  return terminal.during(
    `waiting ${grace} s for hosts to come back`,
    async () => {
      let still = seen
      let isLost = lost.blocks.length > 0
      for (let left = grace * 1_000; left > 0 && (still.length > 0 || isLost); left -= LOOK_MS) {
        await delay(Math.min(left, LOOK_MS))
        const now = await store.read()
        const dead = blocksOfDeadHosts(now, null)
        isLost = isLost && !isAlive(now, lost)
        still = still.filter(({ block, revision }) =>
          dead.some((one) => one.block === block && one.revision === revision),
        )
      }
      const taken = await runBlockSteps(store, reclaimBlocks(still, newNonce))
      return { taken, freed: isLost ? await freeForgotten(call, lost) : noneFreed }
    },
    { quiet: options.json === true },
  )
}

/** The blocks that were not taken. */
interface KeptBlocks {
  readonly hosts: readonly KeptHost[]
  /** The reasons, as lines. */
  readonly texts: readonly string[]
}

const noneKept: KeptBlocks = { hosts: [], texts: [] }

/** @param settled - blocks that were taken, or are no longer remembered as those of their host */
const keptBlocks = async (
  call: ClusterCall,
  host: string | null,
  asked: readonly Pick<ClusterBlock, 'block' | 'host'>[],
  { known }: ForgottenHere,
  settled: readonly { readonly block: string }[],
): Promise<KeptBlocks> => {
  const left = asked.filter(({ block }) => !settled.some((one) => one.block === block))
  if (left.length === 0) return noneKept
  const now = await call.store.read()
  const forgotten = host === null ? [] : forgottenOf(now, host, known)
  return {
    hosts: keptHosts(now, left),
    texts: keptTexts(placeOf(call), call.name, now, left, forgotten),
  }
}

const outcome = (
  isAny: boolean,
  taken: readonly ClusterBlock[],
  { reclaimed, forgotten }: FreedBlocks,
  kept: readonly string[],
): string => {
  if (!isAny) return 'No host that is off has a block. Nothing was changed.'
  const lines = [
    ...[...taken, ...reclaimed].map(({ block, host }) => `${block} reclaimed from ${host}`),
    ...forgotten.map(forgottenText),
    ...kept,
  ]
  const isChanged = taken.length + reclaimed.length + forgotten.length > 0
  if (isChanged) return lines.join('\n')
  return [...lines, lines.length === 0 ? 'Nothing was changed.' : 'No block was taken.'].join('\n')
}
