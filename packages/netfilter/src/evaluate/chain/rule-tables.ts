import type {
  CompareStep,
  FieldExpression,
  MatchStep,
  NetfilterRule,
  Step,
  ValueRange,
} from '../../model/index.ts'
import type { Condition } from '../learn/learner.ts'
import { compileMatch, isMatch, type Test } from '../value/compile-match.ts'
import type { Compiler } from '../value/compiler.ts'
import type { Read } from '../value/read.ts'
import { compileExpression } from '../value/read-expression.ts'
import { type OriginRead, originOf } from '../value/read-origin.ts'
import { leadingMatches } from './leading-matches.ts'

/**
 * Rules that ask for the same fields in the same order, each for a range of its own. A learner asks thousands of them
 * about a packet at once, and none of them needs a test of its own.
 *
 *     -s 11.0.0.0/24 -p tcp --dport 1 -j DROP         saddr            l4proto   dport
 *     -s 13.7.1.0/24 -p tcp --dport 32 -j DROP        11.0.0.0/24      6         1
 *                                                     13.7.1.0/24      6         32
 */
export interface RuleTable {
  /** Their places in the chain, rising. */
  readonly places: readonly number[]
  readonly columns: readonly Column[]
  /** What all of them ask in the same words: of a name, which no free field has. */
  readonly shared: readonly Test[]
}

/** What each rule of a table asks of one field. */
export interface Column {
  readonly read: Read
  readonly origin: OriginRead
  readonly firsts: Float64Array
  readonly lasts: Float64Array
  /** What was told of this field, by the rules that told it. */
  readonly told: Map<string, Condition>
}

/** Rules in tables, and the others. */
export interface Tabled {
  readonly tables: readonly RuleTable[]
  readonly others: readonly number[]
}

/** Fewer than this are asked one by one. */
const FEW = 16

/** @param among - places of rules, rising */
export const tableRules = (
  rules: readonly NetfilterRule[],
  among: readonly number[],
  compiler: Compiler,
): Tabled => {
  const shapes = shapesOf(rules)
  const byShape: number[][] = []
  const unlike: number[] = []
  for (const at of among) {
    const shape = shapes[at] ?? NO_SHAPE
    if (shape === NO_SHAPE) unlike.push(at)
    else {
      const known = byShape[shape]
      if (known === undefined) byShape[shape] = [at]
      else known.push(at)
    }
  }
  const tables: RuleTable[] = []
  const few: number[] = []
  // Of the shapes of a chain, some may have no rule among these.
  for (const places of Object.values(byShape))
    if (places.length < FEW) few.push(...places)
    else tables.push(tableOf(rules, places, compiler))
  return { tables, others: [...unlike, ...few].sort((a, b) => a - b) }
}

/** Fields of numbers that a search may leave free, and the protocol, which ports go with. */
const numeric: readonly string[] = ['saddr', 'daddr', 'sport', 'dport', 'l4proto']

/** Of a rule that is in no table. */
const NO_SHAPE = -1

const read = new WeakMap<readonly NetfilterRule[], Int32Array>()

/** By place, the number of the form that a rule has: of one form are rules that can be in one table. */
const shapesOf = (rules: readonly NetfilterRule[]): Int32Array => {
  const before = read.get(rules)
  if (before !== undefined) return before
  const numbers = new Map<string, number>()
  const made = new Int32Array(rules.length).fill(NO_SHAPE)
  /** Most rules have one of a few shapes, and a text takes long to make: these are compared. */
  const usual: { readonly steps: readonly Step[]; readonly number: number }[] = []
  for (let at = 0; at < rules.length; at += 1) {
    const steps = rules[at]?.steps ?? []
    const known = usual.find((one) => hasShape(steps, one.steps))
    if (known !== undefined) {
      made[at] = known.number
      continue
    }
    const shape = shapeOf(steps)
    if (shape === null) continue
    const number = numbers.get(shape) ?? numbers.size
    numbers.set(shape, number)
    made[at] = number
    if (usual.length < USUAL) usual.push({ steps, number })
  }
  read.set(rules, made)
  return made
}

/** So many shapes are compared with. */
const USUAL = 8

/** Do the leading matches of a rule have the shape of another's, as far as that is plain to see? */
const hasShape = (steps: readonly Step[], other: readonly Step[]): boolean => {
  for (let at = 0; ; at += 1) {
    const [step, same] = [steps[at], other[at]]
    const isOver = step === undefined || !isMatch(step)
    if (same === undefined || !isMatch(same)) return isOver
    if (isOver || step.kind !== 'compare' || same.kind !== 'compare' || step.negated) return false
    if (!isSameField(step, same) || step.values.kind !== 'ranges' || rangeOf(step) === null) return false
    if (same.values.kind !== 'ranges') return false
  }
}

const isSameField = ({ expression: a }: CompareStep, { expression: b }: CompareStep): boolean =>
  a.kind === 'field' &&
  b.kind === 'field' &&
  a.field === b.field &&
  a.family === b.family &&
  a.protocols === b.protocols

/** What the leading matches of rules of one form have in common; null: of a rule of no table. */
const shapeOf = (steps: readonly Step[]): string | null => {
  let shape = ''
  for (const step of steps) {
    if (!isMatch(step)) break
    const part = partOf(step)
    if (part === null) return null
    shape += part
  }
  return shape === '' ? null : shape
}

const partOf = (step: MatchStep): string | null => {
  if (step.kind !== 'compare' || step.negated || step.expression.kind !== 'field') return null
  const { expression, values } = step
  if (values.kind === 'names' && isOfLink(expression))
    return `${fieldText(expression)} ${JSON.stringify(values.names)}\n`
  return rangeOf(step) === null ? null : `${fieldText(expression)}\n`
}

const isOfLink = ({ field }: FieldExpression): boolean => field === 'iifname' || field === 'oifname'

const fieldText = ({ field, family, protocols }: FieldExpression): string => `${field} ${family} ${protocols}`

/** The one range of numbers that a match asks for. */
const rangeOf = ({ expression, values }: CompareStep): { first: number; last: number } | null => {
  if (expression.kind !== 'field' || !numeric.includes(expression.field)) return null
  if (values.kind !== 'ranges' || values.ranges.length !== 1) return null
  const [only]: readonly ValueRange[] = values.ranges
  return typeof only?.first === 'number' && typeof only.last === 'number'
    ? { first: only.first, last: only.last }
    : null
}

const tableOf = (
  rules: readonly NetfilterRule[],
  places: readonly number[],
  compiler: Compiler,
): RuleTable => {
  const columns: Column[] = []
  const shared: Test[] = []
  // The matches of a rule of a table are its first steps.
  for (const [part, step] of leadingMatches(rules[places[0] ?? 0]?.steps ?? []).entries()) {
    if (step.kind !== 'compare') continue
    if (rangeOf(step) === null) {
      shared.push(compileMatch(step, compiler))
      continue
    }
    const firsts = new Float64Array(places.length)
    const lasts = new Float64Array(places.length)
    for (let at = 0; at < places.length; at += 1) {
      const own = rules[places[at] ?? 0]?.steps[part]
      const range = own?.kind === 'compare' ? rangeOf(own) : null
      firsts[at] = range?.first ?? 1
      lasts[at] = range?.last ?? 0
    }
    const { expression } = step
    columns.push({
      read: compileExpression(expression, compiler),
      origin: originOf(expression),
      firsts,
      lasts,
      told: new Map(),
    })
  }
  return { places, columns, shared }
}
