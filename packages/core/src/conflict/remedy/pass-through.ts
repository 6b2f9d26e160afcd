import type { NetfilterTable, Wording } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import { allOrNone, iptablesCommand, nftCommand, noCommand, type Passage } from '@portolan/netfilter/advice'
import type { TraceStep } from '@portolan/netfilter/analysis'
import { ownerName, toolOfChain } from '@portolan/netfilter/analysis'
import type { Finding } from '../search/finding/finding.ts'
import { isBan, isLimit } from './decision.ts'
import { dockerUserWay } from './docker-user-way.ts'
import { type Draft, inWords, type Wanted } from './draft.ts'
import { panicText, refusalOfFirewalld } from './firewalld-refusal.ts'
import { firewalldWay } from './firewalld-way.ts'
import { acceptPassage } from './insertion.ts'
import { ownedText, ownersTerms } from './owners-terms.ts'
import { type Passages, passagesOf } from './passage.ts'
import type { RemedyHost } from './remedy-host.ts'
import { ufwWay } from './ufw-way.ts'
import { isUfwWithoutIp6, ufwWithoutIp6 } from './ufw-without-ip6.ts'

/**
 * Drafts a remedy that lets the packets of a finding through the chain that stops or changes them. It uses the owner's
 * own way if there is one, else a rule in front of the culprit. An accept elsewhere would not help: a drop anywhere is
 * final.
 *
 * @returns null when no rule lets them pass
 */
export const passThrough = (finding: Finding, host: RemedyHost, wording: Wording): Draft | null => {
  const { step, mapping, network, rows } = finding
  if (step === null || step.table === null || step.chain === null) return null
  const owner = ownerOf(step.table, step.chain, step.rule)
  // A plan changes managed rules.
  if (owner === 'portolan') return null
  const decided = decidedText(step, finding.certainty)
  // Thousands of mappings may meet one list of bans, and a mapping always has passages.
  if (decided !== null && mapping !== null) return inWords(decided)
  const passages = passagesOf(finding, host.uplinks)
  if (passages === null) return null
  if (decided !== null) return inWords(decided)
  const isEgress = rows[0]?.way === 'egress'
  const wanted: Wanted = {
    step,
    alongside: finding.mendedTogether,
    passages,
    bridge: network.bridge,
    of: mapping === null ? 'network' : 'mapping',
    isTranslated: mapping?.kind === 'nat',
    outer: isEgress ? host.uplinks : rows.flatMap((row) => (row.in === null ? [] : [row.in])),
    otherBridges: isEgress ? host.otherBridges : [],
    subnets: host.subnets,
    subnet: network[passages.back.family]?.subnet ?? null,
  }
  if (owner === 'firewalld' && host.isPanicking) return inWords(panicText)
  return ownersWay(owner, wanted, wording) ?? inFront(owner, step, passages, wording)
}

/** The remedy for a refusal that is a decision; null: it is not a decision. */
const decidedText = (step: TraceStep, certainty: Finding['certainty']): string | null => {
  if (isBan(step))
    return withTerms(
      'Leave it, if these sources are meant to be refused. Otherwise take the ban back where it was given.',
      step,
    )
  return isLimit(step, certainty)
    ? withTerms(
        'Leave it, if more than this limit is meant to be refused. Otherwise raise the limit where it was given.',
        step,
      )
    : null
}

const withTerms = (text: string, step: TraceStep): string => {
  const terms = ownersTerms(step)
  return terms === null ? text : `${text} ${terms}`
}

/** The way to let packets pass that the owner of a chain offers its users and keeps; null: there is none. */
const ownersWay = (owner: string | null, wanted: Wanted, wording: Wording): Draft | null => {
  const { step, passages } = wanted
  const refusal = refusalOfFirewalld(wanted, owner)
  if (refusal !== null) return inWords(refusal)
  if (isUfwWithoutIp6(step, owner)) return inWords(ufwWithoutIp6)
  if (step.hook !== 'forward') return null
  const docker = dockerUserWay(wanted, bothWays(passages, step.reply))
  if (docker !== null) return docker
  switch (owner) {
    case 'ufw':
      return ufwWay(wanted)
    case 'firewalld':
      return firewalldWay(wanted, wording)
    default:
      return null
  }
}

/** A culprit that stops one direction often stops the other too: a policy, or a rule without a direction. */
const bothWays = ({ there, back }: Passages, isReply: boolean): readonly Passage[] =>
  isReply || there[0] === back ? [back] : [...there, back]

const inFront = (
  owner: string | null,
  step: TraceStep,
  passages: Passages,
  wording: Wording,
): Draft | null => {
  const { table, chain, rule, hook, reply } = step
  if (table === null || chain === null) return null
  if (table.owned === true) return inWords(ownersTerms(step) ?? ownedText(owner))
  if (table.family === 'netdev') return inWords(untranslated)
  const isOneWay = hook === 'prerouting' || hook === 'output' || chain.base?.type === 'nat'
  // Such a rule mostly takes the replies too, as they come in.
  const takesReplies = rule?.steps.some(({ kind }) => kind === 'notrack' || kind === 'tproxy') === true
  const wanted = isOneWay && !takesReplies && !reply ? passages.there : bothWays(passages, reply)
  const before = rule?.source.position ?? null
  // A rule for packets that cannot be told from the rest would let everything pass.
  const isRaw = isBeforeTracking(table, hook)
  const passing = wanted.filter(isTelling)
  if (passing.length === 0) return null
  if (step.deed.kind === 'set' && hasRulesBehind(step)) return inWords(exempted)
  const text =
    rule === null
      ? `Accept them at the end of chain ${chain.name}, before its policy is asked.`
      : `Accept them in chain ${chain.name} in front of that rule.`
  const covered =
    owner === null
      ? ''
      : ` ${capital(ownerName(owner))} may take it out when it reloads: keep it where you keep its settings.`
  const handle = rule?.source.handle ?? null
  const place = { table: table.name, chain: chain.name, before }
  const tool = toolOfChain(table, chain)
  if (tool === 'nft' && table.tool !== 'nft' && !isRaw && passing.some(asksConnection))
    return inWords(`${text}${covered} ${besideIptables(table, wording)}`)
  const when = tool === 'nft' ? '' : untilNumberChanges(step, before, wording)
  const commands = allOrNone(
    passing.map((passage) =>
      tool === 'nft'
        ? nftCommand({ ...place, family: table.family, handle, isTracked: !isRaw }, passage)
        : iptablesCommand({ ...place, variant: tool }, passage),
    ),
  )
  if (commands.length === 0) return inWords(`${text}${covered} ${noCommand}`)
  return {
    remedy: { text: `${text}${when}${covered}`, commands },
    insertions: passing.map((passage) => ({
      table,
      chain: chain.name,
      before: rule,
      rule: acceptPassage(table, chain.name, passage, !isRaw),
    })),
  }
}

const asksConnection = ({ answers, translated = false }: Passage): boolean => answers || translated

/** The remedy for a base chain that nft made in a table of iptables-nft (measured, 1.8.11). */
const besideIptables = ({ name }: NetfilterTable, { again }: Wording): string =>
  `Portolan prints no command for it: nft alone changes that chain, and iptables-nft-save prints nothing more of table ${name} once a rule of nft asks for the state of connections there. Move the chain to a table of its own, then ${again}: it has the command.`

/**
 * Whether rules come after a rule that sets a mark. An accept in front of it would end the chain, but the rule does
 * not.
 */
const hasRulesBehind = ({ chain, rule }: TraceStep): boolean =>
  chain !== null && rule !== null && (chain.base === null || chain.rules.at(-1) !== rule)

const exempted =
  'Exempt these packets from that rule. An accept in front of it would keep them from the rules behind it, too.'

/**
 * iptables identifies a place by its number. If a plan puts Portolan's jump in front of a rule, the rule's number
 * changes.
 */
const untilNumberChanges = (
  { chain, rule }: TraceStep,
  before: number | null,
  { apply, again }: Wording,
): string => {
  const after = rule === null || chain === null ? 0 : chain.rules.indexOf(rule) + 1
  return before === null || after === 0 || after === before
    ? ''
    : ` Run this before ${apply ?? 'the next change of Portolan'}, which makes that rule number ${after}. Afterwards ${again}: it has the command for that number.`
}

/**
 * The remedy for a chain before translation. A finding's passages describe translated packets and match connection
 * state.
 */
const untranslated =
  'Change or delete that rule, or accept these packets in front of it. Its chain sees packets as they are on the wire: before they are translated, and without the state of their connection.'

/**
 * Whether a passage tells packets apart. Replies alone are those of every flow of the host, also of a banned source.
 */
const isTelling = ({ in: from, out, source, destination }: Passage): boolean =>
  from !== null || out !== null || source !== null || destination !== null

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** Whether a table's chains run before connection tracking: below NF_IP_PRI_CONNTRACK, packets have no state yet. */
const isBeforeTracking = ({ chains }: NetfilterTable, hook: string): boolean =>
  chains.some(
    ({ base }) => base !== null && base.hook === hook && base.priority < -200 && base.type === 'filter',
  )
