import type { IptablesChange } from './change.ts'

const builtIn: readonly string[] = ['PREROUTING', 'OUTPUT']

/** Is it the way to our mappings that a change makes or mends, rather than one of them? */
export const leadsIn = ({ operation }: IptablesChange): boolean =>
  (operation.kind === 'insert-rule' || operation.kind === 'move-rule') &&
  operation.table === 'nat' &&
  builtIn.includes(operation.chain)
