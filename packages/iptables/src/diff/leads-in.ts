import type { IptablesChange } from '../model/change.ts'

const builtIn: readonly string[] = ['PREROUTING', 'OUTPUT']

/** Does a change add or repair the way to our mappings, and not just one mapping? */
export const leadsIn = ({ operation }: IptablesChange): boolean =>
  (operation.kind === 'insert-rule' || operation.kind === 'move-rule') &&
  operation.table === 'nat' &&
  builtIn.includes(operation.chain)
