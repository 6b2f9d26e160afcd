import type { Host } from './host.ts'
import type { TableProgram } from './program.ts'
import type { Run } from './run.ts'
import type { World } from './world.ts'

/** One walk through a base chain and all it leads to. */
export interface Walk {
  readonly host: Host
  readonly run: Run
  readonly tables: TableProgram
  /** Worlds that some rule accepted: they have left the base chain. */
  readonly accepted: World[]
  depth: number
}
