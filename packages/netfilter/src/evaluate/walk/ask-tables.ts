import { rangeSet } from '../../address/range-set.ts'
import type { Column, RuleTable } from '../chain/rule-tables.ts'
import { learn } from '../learn/learn.ts'
import type { Condition } from '../learn/learner.ts'
import type { FreeField } from '../packet/free-field.ts'
import type { World } from '../packet/world.ts'
import { isUncertain, NO } from '../value/truth.ts'

/** A table, and how many of its rules have been tested for a packet. */
export interface TableProgress {
  readonly table: RuleTable
  asked: number
  /** The rules from `asked` up to here are known not to match, so the next search skips them. */
  looked: number
}

/** Whether every value that the tables read from a packet is known. If not, each rule is tested by itself. */
export const canAskTables = (tables: readonly RuleTable[], world: World): boolean =>
  tables.every(
    ({ columns, shared }) =>
      shared.every((test) => !isUncertain(test(world))) &&
      columns.every(({ read }) => {
        const value = read(world)
        return value === undefined || typeof value === 'number'
      }),
  )

/** The values of a packet in the columns of a table. */
interface Asked {
  readonly columns: readonly Column[]
  readonly values: readonly number[]
  /** Null: the field is not free. */
  readonly fields: readonly (FreeField | null)[]
}

/** Reads the values of a packet for a table. Null: no rule of the table matches, whatever the free fields are. */
const askedOf = ({ columns, shared }: RuleTable, world: World): Asked | null => {
  const values: number[] = []
  for (const { read } of columns) {
    const value = read(world)
    if (typeof value !== 'number') return null
    values.push(value)
  }
  if (shared.some((test) => test(world) === NO)) return null
  return { columns, values, fields: columns.map(({ origin }) => origin(world)) }
}

const isMet = ({ firsts, lasts }: Column, at: number, value: number): boolean =>
  value >= (firsts[at] ?? 1) && value <= (lasts[at] ?? 0)

/**
 * Finds the first rule of the tables that matches, in front of a place. Notes nothing: see `passTables`.
 *
 * @returns the place of that rule; the given place when none matches
 */
export const firstInTables = (tables: readonly TableProgress[], before: number, world: World): number => {
  let first = before
  for (const progress of tables) {
    const { places } = progress.table
    let at = Math.max(progress.asked, progress.looked)
    if ((places[at] ?? first) >= first) continue
    const of = askedOf(progress.table, world)
    if (of === null) continue
    while ((places[at] ?? first) < first && !matches(of, at)) at += 1
    progress.looked = at
    first = Math.min(places[at] ?? first, first)
  }
  return first
}

const matches = ({ columns, values }: Asked, at: number): boolean => {
  for (let part = 0; part < columns.length; part += 1) {
    const column = columns[part]
    if (column !== undefined && !isMet(column, at, values[part] ?? 0)) return false
  }
  return true
}

/** Notes why no rule of the tables in front of a place matched. The next search starts behind that place. */
export const passTables = (tables: readonly TableProgress[], before: number, world: World): void => {
  for (const progress of tables) {
    const { places } = progress.table
    const from = progress.asked
    let to = from
    while ((places[to] ?? before) < before) to += 1
    if (to > from) noteRefusals(progress.table, from, to, world)
    progress.asked = places[to] === before ? to + 1 : to
  }
}

/** Notes for each rule the first free field with another value. A rule that a fixed field refuses needs no note. */
const noteRefusals = (table: RuleTable, from: number, to: number, world: World): void => {
  const of = askedOf(table, world)
  if (of === null) return
  const { columns, fields } = of
  const told = columns.map((): number[] => [])
  for (let at = from; at < to; at += 1) told[refusing(of, at)]?.push(at)
  for (const [part, rules] of told.entries()) {
    const [column, field] = [columns[part], fields[part]]
    if (column !== undefined && field != null && rules.length > 0)
      learn(world, [outsideOf(column, field, rules, nameOf(rules, from, to))])
  }
}

/** The column that tells why a rule does not match; -1: a fixed field refuses the rule. */
const refusing = ({ columns, values, fields }: Asked, at: number): number => {
  let first = -1
  for (let part = 0; part < columns.length; part += 1) {
    const column = columns[part]
    if (column === undefined || isMet(column, at, values[part] ?? 0)) continue
    if (fields[part] === null) return -1
    if (first < 0) first = part
  }
  return first
}

/** A name for some rules of a stretch of a table: mostly these are all of them, or all but a few. */
const nameOf = (rules: readonly number[], from: number, to: number): string => {
  if (rules.length * 2 < to - from) return rules.join()
  const others: number[] = []
  let next = 0
  for (let at = from; at < to; at += 1)
    if (rules[next] === at) next += 1
    else others.push(at)
  return `${from} to ${to} but ${others.join()}`
}

/** The most conditions cached for a column. Packets of one search need the same ones again and again. */
const MOST_TOLD = 64

/** The condition that a field has none of the values that some rules match. */
const outsideOf = (
  { firsts, lasts, told }: Column,
  field: FreeField,
  rules: readonly number[],
  name: string,
): Condition => {
  const key = `${field} ${name}`
  const known = told.get(key)
  if (known !== undefined) return known
  const made: Condition = {
    field,
    set: rangeSet(rules.map((at) => ({ first: firsts[at] ?? 1, last: lasts[at] ?? 0 }))),
    inside: false,
    isOfTable: false,
    rules: rules.length,
  }
  if (told.size >= MOST_TOLD) told.clear()
  told.set(key, made)
  return made
}
