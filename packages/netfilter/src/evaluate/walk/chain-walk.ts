import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import type { Deed } from '../trace/deed.ts'
import type { CompiledRule, Program, TableProgram } from '../value/program.ts'
import { noteRule, type Run } from './run.ts'

/** One walk through a base chain and all it leads to. */
export interface Walk {
  readonly host: Host
  readonly run: Run
  readonly tables: TableProgram
  /** Worlds that some rule accepted: they have left the base chain. */
  readonly accepted: World[]
  depth: number
}

/** The part of a walk that is in one chain. */
export interface ChainWalk {
  readonly walk: Walk
  readonly program: Program
  /** Worlds that leave the chain by `return`, or come back from a `goto`. */
  readonly returned: World[]
}

/** Notes what a rule of the chain did to a world. */
export const noteDeed = ({ program }: ChainWalk, { rule }: CompiledRule, world: World, deed: Deed): void =>
  noteRule(world, program, rule, deed)
