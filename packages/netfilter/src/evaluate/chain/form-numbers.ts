import type { CompareStep, Step, ValueRange } from '../../model/index.ts'
import { expressionText, stepText } from '../trace/step-text.ts'

/**
 * Numbers the forms of rules. Two rules have one number where their steps are equal, except for the values of the
 * skipped step.
 */
export type FormNumbers = (steps: readonly Step[], skipped: number) => number

/** A form, with the steps of a rule that has it. */
interface Form {
  readonly steps: readonly Step[]
  readonly skipped: number
  readonly number: number
  /** The next form with the same digest. */
  readonly other: Form | null
}

/**
 * Makes a numbering. Most of thousands of rules have a form of their own, and a text for each would take longer than
 * the rest of the reading. So rules of plain steps have a digest, and only rules with equal digests are compared.
 */
export const formNumbers = (): FormNumbers => {
  const byDigest = new Map<number, Form>()
  const byText = new Map<string, number>()
  let count = 0
  const next = (): number => {
    count += 1
    return count - 1
  }
  return (steps, skipped) => {
    if (!steps.every(isPlain)) {
      const text = textOf(steps, skipped)
      const known = byText.get(text) ?? next()
      byText.set(text, known)
      return known
    }
    const digest = digestOf(steps, skipped)
    const first = byDigest.get(digest) ?? null
    for (let form = first; form !== null; form = form.other)
      if (form.skipped === skipped && isSameForm(form.steps, steps, skipped)) return form.number
    const number = next()
    byDigest.set(digest, { steps, skipped, number, other: first })
    return number
  }
}

/** A text that is equal for rules of one form. */
const textOf = (steps: readonly Step[], skipped: number): string => {
  let text = ''
  for (let place = 0; place < steps.length; place += 1) {
    const step = steps[place]
    if (step === undefined) continue
    text += `${place === skipped && step.kind === 'compare' ? expressionText(step.expression) : stepText(step)}\n`
  }
  return text
}

/** Whether a digest covers a step well enough that few different forms share a digest. */
const isPlain = (step: Step): boolean => {
  switch (step.kind) {
    case 'note':
      return true
    case 'verdict':
      return !('chain' in step.verdict)
    case 'compare':
      return step.expression.kind === 'field' && step.values.kind !== 'any'
    default:
      return false
  }
}

/** FNV-1a. */
const OFFSET = 0x811c9dc5
const mix = (sum: number, value: number): number => Math.imul(sum ^ value, 0x01000193)

const mixText = (before: number, text: string): number => {
  let sum = mix(before, text.length)
  for (let at = 0; at < text.length; at += 1) sum = mix(sum, text.charCodeAt(at))
  return sum
}

const digestOf = (steps: readonly Step[], skipped: number): number => {
  let sum = OFFSET
  for (let place = 0; place < steps.length; place += 1) {
    const step = steps[place]
    if (step?.kind === 'verdict') sum = mixText(sum, step.verdict.kind)
    else if (step?.kind === 'compare') sum = digestOfCompare(sum, step, place === skipped)
  }
  return sum
}

const digestOfCompare = (
  before: number,
  { expression, values, negated }: CompareStep,
  isSkipped: boolean,
): number => {
  let sum = expression.kind === 'field' ? mixText(before, expression.field) : before
  if (isSkipped) return sum
  if (negated) sum = mix(sum, 1)
  if (values.kind === 'names') for (const { text } of values.names) sum = mixText(sum, text)
  else if (values.kind === 'ranges')
    for (const { first, last } of values.ranges) sum = mix(mix(sum, foldedBits(first)), foldedBits(last))
  return sum
}

/** Folds a value into 32 bits, so that all its bits count: prefixes of IPv6 differ in the high ones. */
const foldedBits = (value: number | bigint): number =>
  typeof value === 'number'
    ? value | 0
    : Number(BigInt.asIntN(32, value ^ (value >> 32n) ^ (value >> 64n) ^ (value >> 96n)))

/** Whether the plain steps of two rules are equal, except for the values of the skipped step. All notes are equal. */
const isSameForm = (a: readonly Step[], b: readonly Step[], skipped: number): boolean => {
  if (a.length !== b.length) return false
  for (let place = 0; place < a.length; place += 1) {
    const [one, other] = [a[place], b[place]]
    if (one === other) continue
    if (one === undefined || other === undefined || !isSameStep(one, other, place === skipped)) return false
  }
  return true
}

const isSameStep = (a: Step, b: Step, isSkipped: boolean): boolean => {
  if (a.kind === 'note') return b.kind === 'note'
  if (a.kind === 'verdict') return b.kind === 'verdict' && a.verdict.kind === b.verdict.kind
  if (a.kind !== 'compare' || b.kind !== 'compare' || !isSameField(a, b)) return false
  return isSkipped || (a.negated === b.negated && isSameValues(a, b))
}

const isSameField = ({ expression: a }: CompareStep, { expression: b }: CompareStep): boolean =>
  a === b ||
  (a.kind === 'field' &&
    b.kind === 'field' &&
    a.field === b.field &&
    a.family === b.family &&
    (a.protocols === b.protocols || `${a.protocols}` === `${b.protocols}`))

const isSameValues = ({ values: a }: CompareStep, { values: b }: CompareStep): boolean => {
  if (a.kind === 'ranges')
    return (
      b.kind === 'ranges' &&
      a.ranges.length === b.ranges.length &&
      a.ranges.every((range, at) => isSameRange(range, b.ranges[at]))
    )
  return (
    a.kind === 'names' &&
    b.kind === 'names' &&
    a.names.length === b.names.length &&
    a.names.every(
      ({ text, wildcard }, at) => text === b.names[at]?.text && wildcard === b.names[at]?.wildcard,
    )
  )
}

const isSameRange = (a: ValueRange, b: ValueRange | undefined): boolean =>
  a.first === b?.first && a.last === b.last
