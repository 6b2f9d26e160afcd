import type { ReportedRow } from '../report.ts'
import type { Point, Spread } from '../row.ts'

export type ChartName = Point['chart']

export interface Line {
  readonly name: string
  /** Sorted by the number of published ports, ascending. */
  readonly points: readonly LinePoint[]
}

export interface LinePoint {
  readonly ports: number
  readonly measured: Spread
}

/** A line that ends early or has no points, and the reason. */
export interface Gap {
  readonly name: string
  readonly why: string
}

export interface ChartLines {
  readonly lines: readonly Line[]
  readonly gaps: readonly Gap[]
}

/**
 * The lines of one chart, in the order in which their names appear in the rows. Rows with 0 ports are left out, because
 * a logarithmic axis has no 0.
 */
export const linesOf = (rows: readonly ReportedRow[], chart: ChartName): ChartLines => {
  const lines = new Map<string, LinePoint[]>()
  const gaps = new Map<string, Gap>()
  const add = (name: string, ports: number, measured: Spread): void => {
    lines.set(name, [...(lines.get(name) ?? []), { ports, measured }])
  }
  for (const { point, measured, peers } of rows) {
    if (point?.chart !== chart || point.ports === 0) continue
    add(point.line, point.ports, measured)
    for (const peer of peers) {
      if (peer.kind === 'measured') add(peer.name, point.ports, peer.measured)
      else if (!gaps.has(peer.name)) gaps.set(peer.name, { name: peer.name, why: peer.why })
    }
  }
  return {
    lines: [...lines].map(([name, points]) => ({
      name,
      points: points.toSorted((one, other) => one.ports - other.ports),
    })),
    gaps: [...gaps.values()],
  }
}

export const chartsOf = (rows: readonly ReportedRow[]): readonly ChartName[] => [
  ...new Set(rows.flatMap(({ point }) => (point === undefined ? [] : [point.chart]))),
]
