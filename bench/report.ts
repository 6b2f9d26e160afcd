import type { Machine } from './machine.ts'
import { judge, type Row, type Verdict } from './row.ts'
import type { Ending } from './run-apart.ts'

/** The output of `--json`. */
export interface Report {
  readonly machine: Machine
  /** True: small sizes were measured, so `verdict` is always `none`. */
  readonly quick: boolean
  readonly rows: readonly ReportedRow[]
  readonly skipped: readonly Unmeasured[]
  readonly failed: readonly Unmeasured[]
}

export interface ReportedRow extends Row {
  readonly name: string
  readonly verdict: Verdict
}

export interface Unmeasured {
  readonly name: string
  readonly why: string
}

export const reportOf = (
  results: readonly (Ending & { readonly name: string })[],
  machine: Machine,
  quick: boolean,
): Report => ({
  machine,
  quick,
  rows: results.flatMap((result) =>
    result.kind !== 'rows'
      ? []
      : result.rows.map((row) => ({
          name: result.name,
          ...row,
          verdict: quick ? ('none' as const) : judge(row),
        })),
  ),
  skipped: results.flatMap((result) => (result.kind === 'skipped' ? [unmeasured(result)] : [])),
  failed: results.flatMap((result) => (result.kind === 'failed' ? [unmeasured(result)] : [])),
})

const unmeasured = ({ name, why }: Unmeasured): Unmeasured => ({ name, why })
