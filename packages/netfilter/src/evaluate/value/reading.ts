import type { Value } from '../../model/index.ts'

/** A value that is not known; `random`: every value of the range will be met, flow by flow. */
export interface UnknownValue {
  readonly random: boolean
  readonly first: number | null
  readonly last: number | null
}

/** What an expression gives for a packet; undefined: it has no such field (NFT_BREAK). */
export type Reading = Value | UnknownValue | undefined

export const unknownValue: UnknownValue = { random: false, first: null, last: null }

export const isUnknown = (reading: Reading): reading is UnknownValue => typeof reading === 'object'
