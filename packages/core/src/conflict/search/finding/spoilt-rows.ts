import { culpritKey } from '../blame/blame.ts'
import type { Explored } from '../members/member-cells.ts'
import type { Row } from '../rows/row.ts'
import type { TracedCell } from './traced-cell.ts'

/**
 * The culprits of dead rows, by the kind of sender that is not served. If one culprit stops every cell, a list of bans
 * in front of it does not kill the row. If none does, all of them together do.
 */
export const findDeadly = (
  traced: readonly TracedCell[],
): ReadonlyMap<string, ReadonlySet<object | string>> => {
  const deadly = new Map<string, Set<object | string>>()
  const every = new Map<string, Set<object | string>>()
  for (const { isDead, row, findings } of traced) {
    if (!isDead) continue
    const keys = new Set(findings.map(({ step }) => culpritKey(step)))
    const before = deadly.get(row.source)
    deadly.set(row.source, before === undefined ? keys : new Set([...before].filter((key) => keys.has(key))))
    every.set(row.source, new Set([...(every.get(row.source) ?? []), ...keys]))
  }
  for (const [source, keys] of deadly) if (keys.size === 0) deadly.set(source, every.get(source) ?? keys)
  return deadly
}

/** The culprits that certainly stop all packets of a row. */
export const findWhole = (
  explored: readonly Explored[],
  traced: readonly TracedCell[],
): ReadonlyMap<Row, ReadonlySet<object | string>> => {
  const counts = new Map<Row, Map<object | string, number>>()
  for (const { row, findings } of traced) {
    const own = counts.get(row) ?? new Map<object | string, number>()
    counts.set(row, own)
    const keys = findings
      .filter(
        ({ certainty, judgement, isOfAll }) =>
          isOfAll && certainty === 'certain' && judgement.share === 'all',
      )
      .map(({ step }) => culpritKey(step))
    for (const key of new Set(keys)) own.set(key, (own.get(key) ?? 0) + 1)
  }
  return new Map(
    explored.map(({ row, cells, isWhole }) => [
      row,
      // A row that was not seen whole says nothing about all packets.
      new Set(
        [...(counts.get(row) ?? [])].flatMap(([key, count]) =>
          isWhole && count === cells.length ? [key] : [],
        ),
      ),
    ]),
  )
}
