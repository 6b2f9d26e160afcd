import type { Value } from '../../model/index.ts'

/** An unknown value. `random`: each value of the range occurs for some flow. */
export interface UnknownValue {
  readonly random: boolean
  readonly first: number | null
  readonly last: number | null
}

/** The value of an expression for a packet; undefined: the packet has no such field (NFT_BREAK). */
export type Reading = Value | UnknownValue | undefined

export const unknownValue: UnknownValue = { random: false, first: null, last: null }

export const isUnknown = (reading: Reading): reading is UnknownValue => typeof reading === 'object'
