import type { TraceStep } from '../../evaluate/trace.ts'
import type { NetfilterTable } from '../../netfilter/index.ts'
import { ownerOf } from '../../owner/index.ts'
import { ownerName } from '../../owner/owner-name.ts'
import type { Remedy } from '../conflict.ts'
import type { Finding } from '../search/finding.ts'
import { iptablesCommand } from './iptables-command.ts'
import { nftCommand } from './nft-command.ts'
import { ownersWay } from './owners-way.ts'
import { type Passage, type Passages, passagesOf } from './passage.ts'
import { allOrNone, noCommand } from './shell-word.ts'

/**
 * How to let the packets of a finding through the chain that stops or changes them: in the owner's own way where it
 * has one, else by a rule in front of the culprit. An accept elsewhere would not help: a drop anywhere is final.
 */
export const passThrough = (finding: Finding): Remedy | null => {
  const { step } = finding
  const passages = passagesOf(finding)
  if (step === null || step.table === null || step.chain === null || passages === null) return null
  const owner = ownerOf(step.table, step.chain, step.rule)
  const ways = bothWays(passages, step.reply)
  const { mapping, network } = finding
  const of = mapping === null ? 'network' : 'mapping'
  return (
    ownersWay(owner, step, { passages, ways, bridge: network.bridge, of }) ?? inFront(owner, step, passages)
  )
}

/** What stops one way often stops the other too: a policy, a rule without a direction. */
const bothWays = ({ there, back }: Passages, isReply: boolean): readonly Passage[] =>
  isReply || there === back ? [back] : [there, back]

const inFront = (owner: string | null, step: TraceStep, passages: Passages): Remedy | null => {
  const { table, chain, rule, hook, reply } = step
  if (table === null || chain === null) return null
  const isOneWay = hook === 'prerouting' || hook === 'output' || chain.base?.type === 'nat'
  const isNotrack = rule?.steps.some(({ kind }) => kind === 'notrack') === true
  const wanted = isOneWay && !isNotrack && !reply ? [passages.there] : bothWays(passages, reply)
  const before = rule?.source.position ?? null
  // What cannot be told from the rest would let everything pass.
  const isRaw = isBeforeTracking(table, hook)
  const passing = wanted.filter((passage) => isTelling(passage, isRaw))
  if (passing.length === 0) return null
  const text =
    rule === null
      ? `Accept them at the end of chain ${chain.name}, before its policy is asked.`
      : `Accept them in chain ${chain.name} in front of that rule.`
  const who =
    owner === null
      ? ''
      : ` ${capital(ownerName(owner))} may take it out when it reloads: keep it where you keep its settings.`
  const handle = rule?.source.handle ?? null
  const place = { table: table.name, chain: chain.name, before }
  const commands = allOrNone(
    passing.map((passage) =>
      table.tool === 'nft'
        ? nftCommand({ ...place, family: table.family, handle, isTracked: !isRaw }, passage)
        : iptablesCommand({ ...place, variant: table.tool }, passage),
    ),
  )
  return commands.length === 0
    ? { text: `${text}${who} ${noCommand}`, commands }
    : { text: `${text}${who}`, commands }
}

const isTelling = ({ in: from, out, source, destination, answers }: Passage, isRaw: boolean): boolean =>
  from !== null || out !== null || source !== null || destination !== null || (answers && !isRaw)

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** NF_IP_PRI_CONNTRACK: chains below it see packets that have no state yet. */
const isBeforeTracking = ({ chains }: NetfilterTable, hook: string): boolean =>
  chains.some(
    ({ base }) => base !== null && base.hook === hook && base.priority < -200 && base.type === 'filter',
  )
