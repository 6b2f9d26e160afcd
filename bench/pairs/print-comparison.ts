import { figure, quantity } from '../figures.ts'
import { tableOf } from '../table.ts'
import type { Comparison } from './compare.ts'

const heading = ['what', 'base', 'head', 'cost', '95 %', '']

const marks = { slower: 'SLOWER', faster: 'faster', alike: '', unknown: 'too few pairs' } as const

/** Prints a table of all rows, slower rows first, and one sentence with the result. */
export const printComparison = (rows: readonly Comparison[]): string => {
  const order = ['slower', 'faster', 'alike', 'unknown']
  const sorted = rows.toSorted((one, other) => order.indexOf(one.verdict) - order.indexOf(other.verdict))
  const lines = sorted.map(({ what, unit, base, head, ratio, interval, verdict }) => [
    what,
    quantity(base, unit),
    quantity(head, unit),
    `${figure(ratio)}x`,
    interval === null ? '' : `${figure(interval.from)}-${figure(interval.to)}`,
    marks[verdict],
  ])
  return `${[...tableOf([heading, ...lines], [1, 2, 3, 4]), '', sumOf(rows)].join('\n')}\n`
}

const sumOf = (rows: readonly Comparison[]): string => {
  const slower = rows.filter(({ verdict }) => verdict === 'slower').length
  const pairs = Math.max(0, ...rows.map((row) => row.pairs))
  if (rows.length === 0) return 'Nothing could be compared.'
  if (rows.every(({ verdict }) => verdict === 'unknown'))
    return `Nothing can be told from ${pairs} pairs. Six are the fewest.`
  return slower === 0
    ? `None of ${rows.length} became more than 10 % slower, as far as ${pairs} pairs can tell.`
    : `${slower} of ${rows.length} became more than 10 % slower, beyond what ${pairs} pairs differ by.`
}
