import type { NftablesChange } from './change.ts'

const leadingKinds: readonly string[] = ['add-table', 'replace-table', 'add-set', 'replace-rules']

/** Is it the way to our mappings that a change makes or mends, rather than one of them? */
export const leadsIn = ({ operation }: NftablesChange): boolean => leadingKinds.includes(operation.kind)
