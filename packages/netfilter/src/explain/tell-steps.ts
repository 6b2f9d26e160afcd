import type { TraceEntry } from '../evaluate/index.ts'
import { type Deed, deedText } from '../evaluate/trace/deed.ts'
import { policyText } from '../evaluate/trace/describe-trace.ts'
import type { SetStep } from '../model/index.ts'
import { ownerName } from '../owner/owner-name.ts'
import type { StoryEffect, StoryRule, StoryStep } from './story.ts'

/**
 * The steps that mattered for one packet of a flow. Jumps, returns and accepting policies are left out: each rule is
 * named with the chains that led to it.
 */
export const tellSteps = (
  trace: readonly TraceEntry[],
  packet: TraceEntry['packet'],
  from = 0,
): readonly StoryStep[] =>
  trace.flatMap((entry, at) =>
    at < from || entry.packet !== packet || isPassing(entry) ? [] : [tellStep(trace, at, entry)],
  )

/** The steps from one entry on. The entry itself is told even where it only leads to another chain. */
export const tellStepsFrom = (trace: readonly TraceEntry[], from: number): readonly StoryStep[] => {
  const entry = trace[from]
  if (entry === undefined) return []
  const rest = tellSteps(trace, entry.packet, from)
  return isPassing(entry) && !isPolicy(entry) ? [tellStep(trace, from, entry), ...rest] : rest
}

const isPassing = (entry: TraceEntry): boolean =>
  ['jump', 'goto', 'return'].includes(entry.deed.kind) || (isPolicy(entry) && entry.deed.kind === 'accept')

const isPolicy = ({ chain, position }: TraceEntry): boolean => chain !== null && position === null

const tellStep = (trace: readonly TraceEntry[], at: number, entry: TraceEntry): StoryStep => {
  if (entry.chain === null) return tellKernel(entry)
  const { owner, chain } = entry
  const [words, effect] = wordsOf(entry.deed)
  const whose = owner === null ? null : `${ownerName(owner)}`
  const subject = isPolicy(entry)
    ? `The policy of ${chain}${whose === null ? '' : ` (set by ${whose}, by all appearances)`}`
    : (whose ?? 'A rule')
  return { stage: entry.hook, sentence: `${subject} ${words}.`, effect, rule: tellRule(trace, at, entry) }
}

const isSourceTranslation = ({ type }: Deed & { kind: 'translate' }): boolean =>
  type === 'snat' || type === 'masquerade'

/** Deeds without a field to tell. */
type PlainDeed = Exclude<Deed['kind'], 'translate' | 'jump' | 'goto' | 'set' | 'reject' | KernelDeed>

/** Deeds of the kernel, which no rule does. */
type KernelDeed = 'send-away' | 'leave' | 'switch' | 'lost' | 'unrouted' | 'misroute'

/** What a rule or a policy does to a packet. */
const wordsOf = (deed: Deed): readonly [words: string, effect: StoryEffect] => {
  switch (deed.kind) {
    case 'translate':
      if (deed.to === null) return [`drops it, having no address to give it (${deedText(deed)})`, 'stops']
      return [
        isSourceTranslation(deed) ? `makes it come from ${deed.to}` : `sends it to ${deed.to} instead`,
        'changes',
      ]
    case 'jump':
    case 'goto':
      return [`sends it through ${deed.chain}`, 'passes']
    case 'set':
      return [settings[deed.target], 'changes']
    case 'reject':
      return [`refuses it (${deedText(deed)})`, 'stops']
    case 'send-away':
    case 'leave':
    case 'switch':
    case 'lost':
    case 'unrouted':
    case 'misroute':
      return [`acts on it: ${deedText(deed)}`, 'changes']
    default:
      return plainDeeds[deed.kind]
  }
}

const settings: Readonly<Record<SetStep['target'], string>> = {
  mark: 'marks it',
  'ct-mark': 'marks its connection',
  pkttype: 'sets its pkttype',
  'ct-zone': 'puts it into a conntrack zone',
  'ct-zone-original': 'puts the packets of its direction into a conntrack zone',
  'ct-zone-reply': 'puts the replies to it into a conntrack zone',
  'hop-limit': 'sets how many hops it may still make',
  saddr: 'rewrites its source address, without a conntrack binding',
  daddr: 'rewrites its destination address, without a conntrack binding',
  sport: 'rewrites its source port, without a conntrack binding',
  dport: 'rewrites its destination port, without a conntrack binding',
}

const plainDeeds: Readonly<Record<PlainDeed, readonly [string, StoryEffect]>> = {
  accept: ['lets it pass', 'passes'],
  return: ['sends it back', 'passes'],
  drop: ['drops it', 'stops'],
  notrack: ['takes it out of connection tracking, so that no translation applies', 'changes'],
  queue: ['hands it to a program that decides (queue)', 'may stop'],
  tproxy: ['hands it to a local socket, its address unchanged', 'changes'],
  synproxy: ['answers it in the place of the receiver (synproxy)', 'changes'],
  rewrite: ['rewrites a part of it that is not followed, so that it may be lost', 'may stop'],
  'may-drop': ['may drop it', 'may stop'],
  'may-accept': ['may let it pass', 'passes'],
}

const tellKernel = ({ hook, deed, cause, rule }: TraceEntry): StoryStep => {
  const step = (stage: string, sentence: string, effect: StoryEffect): StoryStep => ({
    stage,
    sentence,
    effect,
    rule: null,
  })
  switch (deed.kind) {
    case 'leave':
      return step('routing', `This host sends it out by ${deed.out} (${rule}).`, 'passes')
    case 'switch':
      return step('bridge', `The bridge ${rule}.`, 'passes')
    case 'may-drop':
      return cause === 'bridge-rules'
        ? step('bridge', `The rules of a bridge may drop it: ${rule}.`, 'may stop')
        : step(hook, `It may be lost: ${rule}.`, 'may stop')
    case 'translate': {
      const words = isSourceTranslation(deed) ? `makes it come from ${deed.to}` : `sends it to ${deed.to}`
      return step(hook, `The kernel ${words}, as the flow was bound.`, 'changes')
    }
    case 'lost':
      return step('the end', `It is lost: ${rule}.`, 'stops')
    case 'unrouted':
      return step('routing', `This host knows no way: ${rule}.`, 'stops')
    default:
      return step(hook, `The kernel ${deed.kind === 'reject' ? 'refuses' : 'drops'} it: ${rule}.`, 'stops')
  }
}

const tellRule = (trace: readonly TraceEntry[], at: number, entry: TraceEntry): StoryRule => {
  const { tool, family, table, chain, position, handle, rule } = entry
  const where = isPolicy(entry) ? 'policy' : `rule ${position}${handle === null ? '' : ` (handle ${handle})`}`
  const path = pathTo(trace, at)
  return {
    place: `${tool}, table ${family} ${table}, chain ${chain}, ${where}${path.length === 0 ? '' : `, reached from ${path.join(' > ')}`}`,
    text: isPolicy(entry) ? policyText(tool, chain ?? '', entry.deed) : rule,
  }
}

/** The chains that led to a rule, base chain first. */
const pathTo = (trace: readonly TraceEntry[], at: number): readonly string[] => {
  const path: string[] = []
  let { chain } = trace[at] ?? { chain: null }
  const place = trace[at]
  for (let before = at - 1; before >= 0 && place !== undefined; before -= 1) {
    const entry = trace[before]
    if (entry === undefined || entry.packet !== place.packet || entry.hook !== place.hook) break
    const isHere = entry.tool === place.tool && entry.family === place.family && entry.table === place.table
    if (!isHere || !('chain' in entry.deed) || entry.deed.chain !== chain) continue
    chain = entry.chain
    if (chain !== null) path.unshift(chain)
  }
  return path
}
