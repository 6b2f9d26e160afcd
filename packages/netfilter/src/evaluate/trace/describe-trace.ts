import { ownerOf } from '../../owner/index.ts'
import type { OutcomeCulprit, TraceEntry } from '../flow/outcome.ts'
import { type Deed, deedText } from './deed.ts'
import { keptSource } from './kept-source.ts'
import type { TraceStep } from './trace.ts'

/** The trace as it is told, first thing first. */
export const describeTrace = (last: TraceStep | null): readonly TraceEntry[] => {
  const entries: TraceEntry[] = []
  for (let step = last; step !== null; step = step.before) entries.push(describeStep(step))
  return entries.reverse()
}

const describeStep = (step: TraceStep): TraceEntry => {
  const source = step.rule === null ? null : keptSource(step.rule)
  return {
    direction: step.reply ? 'reply' : 'original',
    packet: step.packet,
    hook: step.hook,
    tool: step.table?.tool ?? 'kernel',
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
  const source = rule === null ? null : keptSource(rule)
  return {
    tool: table?.tool ?? 'kernel',
    family: table?.family ?? null,
    table: table?.name ?? null,
    chain: chain?.name ?? null,
    position: source?.position ?? (isPolicy ? 'policy' : null),
    handle: source?.handle ?? null,
    text: source?.text ?? cause?.text ?? policyText(table?.tool ?? 'kernel', chain?.name ?? '', deed),
    owner: ownerOfStep(step),
  }
}
