import type { NetfilterRule } from '../../model/index.ts'
import { toolOfChain } from '../../model/tool-of-chain.ts'
import { ownerOf } from '../../owner/index.ts'
import type { OutcomeCulprit, TraceEntry } from '../flow/outcome.ts'
import { type Deed, deedText } from './deed.ts'
import { keptSource } from './kept-source.ts'
import type { TraceStep } from './trace.ts'

/** The entries of a trace, first step first. */
export const describeTrace = (last: TraceStep | null): readonly TraceEntry[] => {
  const entries: TraceEntry[] = []
  for (let step = last; step !== null; step = step.before) entries.push(describeStep(step))
  return entries.reverse()
}

/** A step of a rule, and the trace entry made for it. */
interface ToldStep {
  readonly step: TraceStep
  readonly entry: TraceEntry
}

const told = new WeakMap<NetfilterRule, ToldStep[]>()

/** The most entries cached for one rule. Only a rule that many tables share acts at more places. */
const MOST_PLACES = 8

/** The entry of a step. Thousands of packets meet the same few rules, so the entries of rules are cached. */
const describeStep = (step: TraceStep): TraceEntry => {
  const { rule, deed } = step
  // The entry of a translation or of a kernel event depends on the packet.
  if (rule === null || deed.kind === 'translate') return describeAnew(step)
  const known = told.get(rule) ?? []
  for (const one of known) if (isToldAlike(one.step, step)) return one.entry
  const entry = describeAnew(step)
  if (known.length < MOST_PLACES) told.set(rule, [...known, { step: { ...step, before: null }, entry }])
  return entry
}

const isToldAlike = (a: TraceStep, b: TraceStep): boolean =>
  a.chain === b.chain &&
  a.table === b.table &&
  a.hook === b.hook &&
  a.packet === b.packet &&
  a.reply === b.reply &&
  (a.deed === b.deed || (a.deed.kind === b.deed.kind && deedText(a.deed) === deedText(b.deed)))

const describeAnew = (step: TraceStep): TraceEntry => {
  const source = step.rule === null ? null : keptSource(step.rule)
  return {
    direction: step.reply ? 'reply' : 'original',
    packet: step.packet,
    hook: step.hook,
    tool: toolOfStep(step),
    family: step.table?.family ?? null,
    table: step.table?.name ?? null,
    chain: step.chain?.name ?? null,
    rule: source?.text ?? step.cause?.text ?? 'policy',
    verdict: deedText(step.deed),
    deed: step.deed,
    cause: step.cause?.kind ?? null,
    position: source?.position ?? null,
    handle: source?.handle ?? null,
    owner: ownerOfStep(step),
  }
}

const toolOfStep = ({ table, chain }: TraceStep): string =>
  table === null ? 'kernel' : toolOfChain(table, chain)

const ownerOfStep = ({ table, chain, rule }: TraceStep): string | null =>
  table === null || chain === null ? null : ownerOf(table, chain, rule)

/** A policy as its tool prints it. */
export const policyText = (tool: string, chain: string, deed: Deed): string =>
  tool === 'nft' ? `policy ${deedText(deed)}` : `-P ${chain} ${deedText(deed).toUpperCase()}`

/** What stopped a packet: the last thing that acted on it. */
export const describeCulprit = (step: TraceStep | null): OutcomeCulprit | null => {
  if (step === null) return null
  const { table, chain, rule, deed, cause } = step
  const isPolicy = rule === null && chain !== null
  const tool = toolOfStep(step)
  const source = rule === null ? null : keptSource(rule)
  return {
    tool,
    family: table?.family ?? null,
    table: table?.name ?? null,
    chain: chain?.name ?? null,
    position: source?.position ?? (isPolicy ? 'policy' : null),
    handle: source?.handle ?? null,
    text: source?.text ?? cause?.text ?? policyText(tool, chain?.name ?? '', deed),
    owner: ownerOfStep(step),
  }
}
