import type { NftablesChange } from '../model/change.ts'

const leadingKinds: readonly string[] = ['add-table', 'replace-table', 'add-set', 'replace-rules']

/** Does a change add or repair the way to our mappings, and not just one mapping? */
export const leadsIn = ({ operation }: NftablesChange): boolean => leadingKinds.includes(operation.kind)
