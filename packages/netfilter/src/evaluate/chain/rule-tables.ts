import type {
  CompareStep,
  FieldExpression,
  NetfilterRule,
  Step,
  ValueRange,
  ValueSet,
} from '../../model/index.ts'
import type { Condition } from '../learn/learner.ts'
import { compileMatch, isMatch, type Test } from '../value/compile-match.ts'
import type { Compiler } from '../value/compiler.ts'
import type { Read } from '../value/read.ts'
import { compileExpression } from '../value/read-expression.ts'
import { type OriginRead, originOf } from '../value/read-origin.ts'
import { leadingMatches } from './leading-matches.ts'

/**
 * Rules that match on the same fields in the same order, each with its own ranges. A learner tests thousands of them at
 * once, and none of them needs a test of its own.
 *
 *     -s 11.0.0.0/24 -p tcp --dport 1 -j DROP         saddr            l4proto   dport
 *     -s 13.7.1.0/24 -p tcp --dport 32 -j DROP        11.0.0.0/24      6         1
 *                                                     13.7.1.0/24      6         32
 */
export interface RuleTable {
  /** Their places in the chain, rising. */
  readonly places: readonly number[]
  readonly columns: readonly Column[]
  /** The matches that all of them share: those on names, which no free field has. */
  readonly shared: readonly Test[]
}

/** The ranges of a table's rules in one field. */
export interface Column {
  readonly read: Read
  readonly origin: OriginRead
  readonly firsts: Float64Array
  readonly lasts: Float64Array
  /** Cache: conditions on this field, by the rules that they come from. */
  readonly told: Map<string, Condition>
}

/** Rules in tables, and the others. */
export interface Tabled {
  readonly tables: readonly RuleTable[]
  readonly others: readonly number[]
}

/** Fewer rules than this are tested one by one. */
const FEW = 16

/** Puts rules into tables. @param among - places of rules, rising */
export const tableRules = (
  rules: readonly NetfilterRule[],
  among: readonly number[],
  compiler: Compiler,
): Tabled => {
  const known = shapesOf(rules)
  const byShape: number[][] = []
  const unlike: number[] = []
  for (const at of among) {
    const shape = shapeAt(rules, known, at)
    if (shape === NO_SHAPE) unlike.push(at)
    else {
      const alike = byShape[shape]
      if (alike === undefined) byShape[shape] = [at]
      else alike.push(at)
    }
  }
  const tables: RuleTable[] = []
  const few: number[] = []
  // Some shapes of a chain may have no rule among these.
  for (const places of Object.values(byShape))
    if (places.length < FEW) few.push(...places)
    else tables.push(tableOf(rules, places, compiler))
  return { tables, others: [...unlike, ...few].sort((a, b) => a - b) }
}

/** The shape of a rule that is in no table. */
const NO_SHAPE = -1

/** The shape of a rule that was not read yet: no packet meets all of thousands of rules. */
const UNREAD = -2

/** The shapes of the rules of a chain. */
interface Shapes {
  readonly root: Shape
  /** The number of each rule's shape, by place. */
  readonly numbers: Int32Array
  count: number
}

const shapes = new WeakMap<readonly NetfilterRule[], Shapes>()

const shapesOf = (rules: readonly NetfilterRule[]): Shapes => {
  const known = shapes.get(rules)
  if (known !== undefined) return known
  const made = { root: newShape(), numbers: new Int32Array(rules.length).fill(UNREAD), count: 0 }
  shapes.set(rules, made)
  return made
}

/** The number of a rule's shape. Rules of one shape can be in one table. */
const shapeAt = (rules: readonly NetfilterRule[], known: Shapes, place: number): number => {
  const before = known.numbers[place] ?? NO_SHAPE
  if (before !== UNREAD) return before
  const shape = shapeFrom(known.root, rules[place]?.steps ?? [])
  if (shape !== null && shape !== known.root && shape.number === NO_SHAPE) {
    shape.number = known.count
    known.count += 1
  }
  const made = shape?.number ?? NO_SHAPE
  known.numbers[place] = made
  return made
}

/** The fields of the first matches of a rule, without their values; and the longer shapes that begin so. */
interface Shape {
  readonly longer: { readonly expression: FieldExpression; readonly shape: Shape }[]
  /** Longer shapes by an interface match, by field and names: a host may have thousands of interfaces. */
  readonly named: Map<string, Shape>
  number: number
}

const newShape = (): Shape => ({ longer: [], named: new Map(), number: NO_SHAPE })

/** The shape of the leading matches of a rule; null: the rule fits no table. */
const shapeFrom = (root: Shape, steps: readonly Step[]): Shape | null => {
  let shape: Shape | null = root
  for (const step of steps) {
    if (shape === null || !isMatch(step)) break
    shape = step.kind === 'compare' && !step.negated ? longerBy(shape, step) : null
  }
  return shape
}

const longerBy = ({ longer, named }: Shape, { expression, values }: CompareStep): Shape | null => {
  if (expression.kind !== 'field') return null
  if (values.kind === 'names') {
    if (expression.field !== 'iifname' && expression.field !== 'oifname') return null
    const key = `${expression.field} ${expression.family} ${expression.protocols} ${JSON.stringify(values.names)}`
    const known = named.get(key) ?? newShape()
    named.set(key, known)
    return known
  }
  if (onlyRange(expression, values) === null) return null
  for (const one of longer) if (isSameField(one.expression, expression)) return one.shape
  const shape = newShape()
  longer.push({ expression, shape })
  return shape
}

const isSameField = (a: FieldExpression, b: FieldExpression): boolean =>
  a.field === b.field &&
  a.family === b.family &&
  (a.protocols === b.protocols || `${a.protocols}` === `${b.protocols}`)

/** Numeric fields that a search may leave free, and the protocol, which goes with ports. */
const numeric: readonly string[] = ['saddr', 'daddr', 'sport', 'dport', 'l4proto']

/** The only range of numbers that a match has. No object is made for it: thousands of rules are read. */
const onlyRange = ({ field }: FieldExpression, values: ValueSet): ValueRange | null => {
  if (values.kind !== 'ranges' || values.ranges.length !== 1 || !numeric.includes(field)) return null
  const only = values.ranges[0]
  return typeof only?.first === 'number' && typeof only.last === 'number' ? only : null
}

const rangeOf = ({ expression, values }: CompareStep): ValueRange | null =>
  expression.kind === 'field' ? onlyRange(expression, values) : null

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
      firsts[at] = Number(range?.first ?? 1)
      lasts[at] = Number(range?.last ?? 0)
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
