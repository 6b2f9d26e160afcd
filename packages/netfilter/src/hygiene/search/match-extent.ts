import type {
  AnyOfStep,
  CompareStep,
  ElementTable,
  LookupStep,
  MatchStep,
  ValueSet,
} from '../../model/index.ts'
import { type Box, everything, intersectBoxes, type Region } from './box.ts'
import { always, anyOf, both, type Extent, exactly, negate, never } from './extent.ts'
import { readValues, typeOfValues, type ValueReading } from './read-values.ts'
import { openQuestion, type ReadingContext } from './reading-context.ts'

/**
 * Matches that are decided anew each time (a rate, a counter, chance): two rules cannot share their result
 * (iptables-extensions(8), nft(8)).
 */
const asksAnew = /\b(limit|hashlimit|quota|recent|connlimit|ct count|statistic|numgen|nth|random)\b/

/** The extent of a match that is not understood: it may hold for all of these packets. */
const inDoubt = (
  context: ReadingContext,
  text: string,
  outer: Region = [everything],
  isRandom = false,
): Extent => {
  const isNew = isRandom || asksAnew.test(text)
  if (isNew) context.unique += 1
  const answer = openQuestion(context, isNew ? `${text} #${context.unique}` : text)
  const likely = outer.flatMap((box) => intersectBoxes(box, answer) ?? [])
  return { inner: [], outer, likely }
}

/** The packets a match holds for. */
export const matchExtent = (context: ReadingContext, match: MatchStep): Extent => {
  switch (match.kind) {
    case 'compare':
      return compareExtent(context, match)
    case 'lookup':
      return lookupExtent(context, match)
    case 'any-of':
      return anyOfExtent(context, match)
    case 'unknown-match':
      return inDoubt(context, match.text, [everything], match.random)
  }
}

const regionOf = (box: Box | null): Region => (box === null ? [] : [box])

/** The packets that have a value, but none of these. */
const without = (context: ReadingContext, present: Box | null, held: Extent): Extent =>
  both(exactly(regionOf(present)), negate(held, context.domains))

const compareExtent = (context: ReadingContext, { expression, values, negated }: CompareStep): Extent => {
  const reading = readValues(context, expression, typeOfValues(values))
  if (reading === null)
    return inDoubt(context, `compare ${describe(expression)} ${describe(values)} ${negated}`)
  const held = exactly(regionOf(reading.among(values)))
  return negated ? without(context, reading.present, held) : held
}

/** A text that is the same for the same condition. */
const describe = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))

/** The number of a set. Two sets with the same elements may not stay equal, so they have two numbers. */
const numberOf = ({ tables }: ReadingContext, table: ElementTable): number => {
  const known = tables.get(table) ?? tables.size
  tables.set(table, known)
  return known
}

const presentOf = (readings: readonly ValueReading[]): Box | null =>
  readings.reduce<Box | null>(
    (box, { present }) => (box === null || present === null ? null : intersectBoxes(box, present)),
    everything,
  )

const joinKeys = (sets: readonly ValueSet[]): ValueSet => {
  if (sets.some(({ kind }) => kind === 'any')) return { kind: 'any' }
  const names = sets.flatMap((set) => (set.kind === 'names' ? set.names : []))
  const ranges = sets.flatMap((set) => (set.kind === 'ranges' ? set.ranges : []))
  return names.length > 0 ? { kind: 'names', names } : { kind: 'ranges', ranges }
}

/** With more elements of several parts than this, only their outer bound is told. */
const MOST_ELEMENTS = 64

type Keys = readonly (readonly ValueSet[])[]

/** The packets with one of these concatenated keys. */
export const keysExtent = (readings: readonly ValueReading[], keys: Keys): Extent => {
  const part = (index: number): ValueSet => joinKeys(keys.map((key) => key[index] ?? { kind: 'any' }))
  const span = (): Box | null =>
    readings.reduce<Box | null>((box, reading, index) => {
      const one = reading.among(part(index))
      return box === null || one === null ? null : intersectBoxes(box, one)
    }, everything)
  if (keys.length === 0) return never
  if (readings.length === 1) return exactly(regionOf(span()))
  if (keys.length > MOST_ELEMENTS) return { inner: [], outer: regionOf(span()), likely: null }
  return anyOf(
    keys.map((key) =>
      readings.reduce(
        (held, reading, index) => both(held, exactly(regionOf(reading.among(key[index] ?? { kind: 'any' })))),
        always,
      ),
    ),
  )
}

/** Readings of all parts of a key; null when one is not understood. */
export const readKey = (
  context: ReadingContext,
  { key, table }: Pick<LookupStep, 'key' | 'table'>,
): readonly ValueReading[] | null => {
  const readings = key.map((expression, index) => {
    const [first] = table.elements
    return readValues(
      context,
      expression,
      first === undefined ? null : typeOfValues(first.key[index] ?? { kind: 'any' }),
    )
  })
  const understood = readings.filter((one) => one !== null)
  return understood.length === readings.length ? understood : null
}

/** The packets that have all fields of the key, and find it in a table that may hold anything. */
export const openTable = (
  context: ReadingContext,
  { key, table }: Pick<LookupStep, 'key' | 'table'>,
  readings: readonly ValueReading[] | null,
): Extent => {
  const asked = readings?.map(({ dimension }) => dimension).join(' . ') ?? describe(key)
  const present = readings === null ? everything : presentOf(readings)
  return inDoubt(context, `${asked} in set ${numberOf(context, table)}`, regionOf(present))
}

const lookupExtent = (context: ReadingContext, step: LookupStep): Extent => {
  const { table, negated } = step
  const readings = readKey(context, step)
  const present = readings === null ? everything : presentOf(readings)
  const held =
    readings === null || !table.complete
      ? openTable(context, step, readings)
      : table.otherwise !== null
        ? exactly(regionOf(present))
        : keysExtent(
            readings,
            table.elements.map(({ key }) => key),
          )
  return negated ? without(context, present, held) : held
}

const anyOfExtent = (context: ReadingContext, { alternatives, negated }: AnyOfStep): Extent => {
  const held = anyOf(
    alternatives.map((matches) =>
      matches.reduce((all, match) => both(all, matchExtent(context, match)), always),
    ),
  )
  return negated ? negate(held, context.domains) : held
}
