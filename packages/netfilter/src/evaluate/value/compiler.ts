import type { ElementTable } from '../../model/index.ts'
import type { Host } from '../packet/host.ts'
import { indexElements, type Lookup } from './element-index.ts'

/** What compiling a rule needs: the host, and the index of each table that the rule looks into. */
export interface Compiler {
  readonly host: Host
  readonly index: (table: ElementTable) => Lookup
}

/** Makes a compiler. A named set is one object in all rules that use it, so it is indexed once. */
export const createCompiler = (host: Host): Compiler => {
  const known = new WeakMap<ElementTable, Lookup>()
  return {
    host,
    index: (table) => {
      const found = known.get(table)
      if (found !== undefined) return found
      const made = indexElements(table)
      known.set(table, made)
      return made
    },
  }
}
