import type { BitwiseExpression, Expression, ValueSet } from '../../model/index.ts'
import { type Box, intersectBoxes } from './box.ts'
import { type FieldReading, readField } from './read-field.ts'
import { boxOf, points, type ReadingContext } from './reading-context.ts'
import { after, beginningWith, hasValue, intersectSpans, joinSpans, type Span, type Spans } from './spans.ts'

/** Tells the packets for which an expression has certain values. */
export interface ValueReading {
  /** The packets for which it has a value; null: there are none. */
  readonly present: Box | null
  /** The packets for which its value is one of these; null: there are none. */
  readonly among: (values: ValueSet) => Box | null
  readonly dimension: string
}

type ValueType = 'number' | 'bigint' | 'string'

export const typeOfValues = (values: ValueSet): ValueType | null => {
  if (values.kind === 'names') return 'string'
  const first = values.kind === 'ranges' ? values.ranges[0]?.first : undefined
  return typeof first === 'number' ? 'number' : typeof first === 'bigint' ? 'bigint' : null
}

/** Values as spans, without those of another type than the domain. */
const spansOf = (values: ValueSet, present: Spans): Spans => {
  if (values.kind === 'any') return present
  const type = typeof present[0]?.from
  const spans =
    values.kind === 'names'
      ? values.names.map(
          ({ text, wildcard }): Span => (wildcard ? beginningWith(text) : { from: text, to: after(text) }),
        )
      : values.ranges.map(({ first, last }): Span => ({ from: first, to: after(last) }))
  return intersectSpans(joinSpans(spans.filter(({ from }) => typeof from === type)), present)
}

const holdsValue = (values: ValueSet, value: number): boolean =>
  values.kind === 'any' ||
  (values.kind === 'ranges' && values.ranges.some(({ first, last }) => first <= value && value <= last))

/** The most values that are listed one by one. */
const FEW = 256

/** All numbers of a small domain; null for a large domain, or one without numbers. */
const listNumbers = (spans: Spans): readonly number[] | null => {
  const numbers: number[] = []
  for (const { from, to } of spans) {
    if (typeof from !== 'number' || typeof to !== 'number' || to - from + numbers.length > FEW) return null
    for (let value = from; value < to; value += 1) numbers.push(value)
  }
  return numbers
}

/** Every value that has only bits of the mask; null: there are many. */
const partsOf = (mask: number): readonly number[] | null => {
  const parts: number[] = []
  let part = mask
  for (;;) {
    parts.push(part)
    if (part === 0) return parts.toReversed()
    if (parts.length === FEW) return null
    part = ((part - 1) & mask) >>> 0
  }
}

const inBox = (context: ReadingContext, { dimension, gates }: FieldReading, spans: Spans): Box | null =>
  spans.length === 0 ? null : intersectBoxes(gates, boxOf(context, dimension, spans))

const plain = (context: ReadingContext, field: FieldReading): ValueReading => ({
  dimension: field.dimension,
  present: inBox(context, field, field.present),
  among: (values) => inBox(context, field, spansOf(values, field.present)),
})

/** Reads a field under a mask. Few values are tested one by one, many make a dimension of their own. */
const masked = (context: ReadingContext, field: FieldReading, mask: number | bigint): ValueReading => {
  const present = inBox(context, field, field.present)
  const numbers = typeof mask === 'number' ? listNumbers(field.present) : null
  if (numbers !== null && typeof mask === 'number') {
    return {
      dimension: field.dimension,
      present,
      among: (values) =>
        inBox(context, field, points(numbers.filter((value) => holdsValue(values, (value & mask) >>> 0)))),
    }
  }
  const parts = typeof mask === 'number' ? partsOf(mask) : null
  const under: Spans =
    parts === null ? [{ from: typeof mask === 'number' ? 0 : 0n, to: after(mask) }] : points(parts)
  const absent: Spans = hasValue(field.domain, typeof mask === 'number' ? -1 : -1n)
    ? [{ from: typeof mask === 'number' ? -1 : -1n, to: typeof mask === 'number' ? 0 : 0n }]
    : []
  const dimension = `${field.dimension} & ${mask}`
  const domain = joinSpans([...absent, ...under])
  context.domains.set(dimension, domain)
  return plain(context, { dimension, domain, present: under, gates: field.gates })
}

const constantOf = (expression: Expression): number | bigint | null =>
  expression.kind === 'constant' && typeof expression.value !== 'string' ? expression.value : null

const readMasked = (
  context: ReadingContext,
  { operator, left, right }: BitwiseExpression,
): ValueReading | null => {
  if (operator !== 'and') return null
  const [mask, other] = constantOf(right) === null ? [constantOf(left), right] : [constantOf(right), left]
  if (mask === null) return null
  const field = readField(context, other, typeof mask === 'bigint' ? 'bigint' : 'number')
  return field === null || typeof field.present[0]?.from !== typeof mask ? null : masked(context, field, mask)
}

/**
 * Reads the values of an expression; null: the expression is not understood here.
 *
 * @param type - the type of the values it is compared with; null where that does not matter
 */
export const readValues = (
  context: ReadingContext,
  expression: Expression,
  type: ValueType | null,
): ValueReading | null => {
  if (expression.kind === 'bitwise') return readMasked(context, expression)
  const field = readField(context, expression, type)
  return field === null ? null : plain(context, field)
}
