import type { TraceEntry } from '../evaluate/index.ts'
import { ownerName } from '../owner/owner-name.ts'
import type { StoryEffect, StoryRule, StoryStep } from './story.ts'

/**
 * The steps of one packet of the flow that mattered. Jumps, returns and policies that accept are left out: the chains that
 * led to a rule are named with it.
 */
export const tellSteps = (
  trace: readonly TraceEntry[],
  packet: TraceEntry['packet'],
  from = 0,
): readonly StoryStep[] =>
  trace.flatMap((entry, at) =>
    at < from || entry.packet !== packet || isPassing(entry) ? [] : [tellStep(trace, at, entry)],
  )

/** The steps from one entry on, and that entry itself though it only leads to another chain. */
export const tellStepsFrom = (trace: readonly TraceEntry[], from: number): readonly StoryStep[] => {
  const entry = trace[from]
  if (entry === undefined) return []
  const rest = tellSteps(trace, entry.packet, from)
  return isPassing(entry) && !isPolicy(entry) ? [tellStep(trace, from, entry), ...rest] : rest
}

const isPassing = (entry: TraceEntry): boolean =>
  /^(jump|goto) |^return$/.test(entry.verdict) || (isPolicy(entry) && entry.verdict === 'accept')

const isPolicy = ({ chain, position }: TraceEntry): boolean => chain !== null && position === null

const tellStep = (trace: readonly TraceEntry[], at: number, entry: TraceEntry): StoryStep => {
  if (entry.chain === null) return tellKernel(entry)
  const { owner, verdict, chain } = entry
  const [words, effect] = deed(verdict)
  const whose = owner === null ? null : `${ownerName(owner)}`
  const subject = isPolicy(entry)
    ? `The policy of ${chain}${whose === null ? '' : ` (set by ${whose}, by all appearances)`}`
    : (whose ?? 'A rule')
  return { stage: entry.hook, sentence: `${subject} ${words}.`, effect, rule: tellRule(trace, at, entry) }
}

/** What a verdict does to a packet. */
const deed = (verdict: string): readonly [words: string, effect: StoryEffect] => {
  const [, kind = '', target = ''] = /^(dnat|redirect|snat|masquerade) to (.*)$/.exec(verdict) ?? []
  if (kind === 'dnat' || kind === 'redirect') return [`sends it to ${target} instead`, 'changes']
  if (kind !== '') return [`makes it come from ${target}`, 'changes']
  const [, chain] = /^(?:jump|goto) (.*)$/.exec(verdict) ?? []
  if (chain !== undefined) return [`sends it through ${chain}`, 'passes']
  const [, field] = /^set (.*)$/.exec(verdict) ?? []
  if (field !== undefined) return [settings[field] ?? `sets its ${field}`, 'changes']
  return (
    plainDeeds[verdict] ??
    (verdict.startsWith('reject') ? [`refuses it (${verdict})`, 'stops'] : otherDeed(verdict))
  )
}

const otherDeed = (verdict: string): readonly [string, StoryEffect] =>
  verdict.endsWith('no address')
    ? [`drops it, having no address to give it (${verdict})`, 'stops']
    : [`acts on it: ${verdict}`, 'changes']

const settings: Readonly<Record<string, string>> = {
  mark: 'marks it',
  'ct-mark': 'marks its connection',
  'ct-zone': 'puts it into a conntrack zone',
  'ct-zone-original': 'puts the packets of its direction into a conntrack zone',
  'ct-zone-reply': 'puts the replies to it into a conntrack zone',
  'hop-limit': 'sets how many hops it may still make',
  saddr: 'rewrites its source address, without a conntrack binding',
  daddr: 'rewrites its destination address, without a conntrack binding',
  sport: 'rewrites its source port, without a conntrack binding',
  dport: 'rewrites its destination port, without a conntrack binding',
}

const plainDeeds: Readonly<Record<string, readonly [string, StoryEffect]>> = {
  accept: ['lets it pass', 'passes'],
  return: ['sends it back', 'passes'],
  drop: ['drops it', 'stops'],
  notrack: ['takes it out of connection tracking, so that no translation applies', 'changes'],
  queue: ['hands it to a program that decides (queue)', 'may stop'],
  tproxy: ['hands it to a local socket, its address unchanged', 'changes'],
  synproxy: ['answers it in the place of the receiver (synproxy)', 'changes'],
  rewrite: ['rewrites a part of it that is not followed, so that it may be lost', 'may stop'],
  'possible drop': ['may drop it', 'may stop'],
  'possible accept': ['may let it pass', 'passes'],
}

const tellKernel = ({ hook, verdict, rule }: TraceEntry): StoryStep => {
  const step = (stage: string, sentence: string, effect: StoryEffect): StoryStep => ({
    stage,
    sentence,
    effect,
    rule: null,
  })
  if (verdict.startsWith('out '))
    return step('routing', `This host sends it out by ${verdict.slice(4)} (${rule}).`, 'passes')
  if (verdict === 'switch') return step('bridge', `The bridge ${rule}.`, 'passes')
  if (verdict === 'possible drop')
    return step('bridge', `The rules of a bridge may drop it: ${rule}.`, 'may stop')
  const [, bound, to] = /^([ds])nat to (.*)$/.exec(verdict) ?? []
  if (bound !== undefined) {
    const words = bound === 'd' ? `sends it to ${to}` : `makes it come from ${to}`
    return step(hook, `The kernel ${words}, as the flow was bound.`, 'changes')
  }
  if (verdict === 'lost') return step('the end', `It is lost: ${rule}.`, 'stops')
  if (verdict === 'unrouted') return step('routing', `This host knows no way: ${rule}.`, 'stops')
  return step(hook, `The kernel ${verdict === 'reject' ? 'refuses' : 'drops'} it: ${rule}.`, 'stops')
}

const tellRule = (trace: readonly TraceEntry[], at: number, entry: TraceEntry): StoryRule => {
  const { tool, family, table, chain, position, handle, rule } = entry
  const where = isPolicy(entry) ? 'policy' : `rule ${position}${handle === null ? '' : ` (handle ${handle})`}`
  const path = pathTo(trace, at)
  return {
    place: `${tool}, table ${family} ${table}, chain ${chain}, ${where}${path.length === 0 ? '' : `, reached from ${path.join(' > ')}`}`,
    text: isPolicy(entry) ? policyText(entry) : rule,
  }
}

const policyText = ({ tool, chain, verdict }: TraceEntry): string =>
  tool === 'nft' ? `policy ${verdict}` : `-P ${chain} ${verdict.toUpperCase()}`

/** The chains that led to a rule, base chain first. */
const pathTo = (trace: readonly TraceEntry[], at: number): readonly string[] => {
  const path: string[] = []
  let { chain } = trace[at] ?? { chain: null }
  const place = trace[at]
  for (let before = at - 1; before >= 0 && place !== undefined; before -= 1) {
    const entry = trace[before]
    if (entry === undefined || entry.packet !== place.packet || entry.hook !== place.hook) break
    const isHere = entry.tool === place.tool && entry.family === place.family && entry.table === place.table
    if (!isHere || (entry.verdict !== `jump ${chain}` && entry.verdict !== `goto ${chain}`)) continue
    chain = entry.chain
    if (chain !== null) path.unshift(chain)
  }
  return path
}
