import { type HeldBlocks, type Pool, parsePool } from '@portolan/core'
import { type Family, InvalidRequestError } from '@portolan/netfilter'
import { readConfig } from '../../config/read-config.ts'
import { poolsBeside } from '../../plan/plan-input.ts'
import type { RequestPoolRequest } from '../protocol/requests.ts'

/** Reads `--ipam-opt`: the pools and the size for a subnet that the user does not name. */
export const ipamOptions = (
  { Options, Pool = '' }: RequestPoolRequest,
  family: Family,
  blocks: HeldBlocks | null,
): { readonly pools: readonly Pool[]; readonly size: number | null } => {
  const { pool, size, ...others } = Options ?? {}
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw new InvalidRequestError(
      `--ipam-opt ${unknown} is unknown: expected pool (classic, docker, or BASE/LENGTH:SIZE, several with commas) or size (a prefix length).`,
    )
  const named = pool?.split(',').map(poolNamed)
  const length = size === undefined ? null : lengthOf(size, Pool === '' ? family : 'ip6')
  if (Pool !== '') refuseUnused({ named, length }, family)
  // The config file and the option may name pools of both families. Pools of the other family are skipped.
  return { pools: named ?? poolsBeside(blocks, readConfig()) ?? [], size: Pool === '' ? length : null }
}

const lengthOf = (size: string, family: Family): number => {
  const longest = longestOf[family]
  const length = /^\d{1,3}$/.test(size) ? Number(size) : Number.NaN
  if (length >= 1 && length <= longest) return length
  throw new InvalidRequestError(
    `--ipam-opt size=${size}: expected a prefix length from 1 to ${longest} such as ${family === 'ip' ? 24 : 64}.`,
  )
}

const longestOf: Readonly<Record<Family, number>> = { ip: 32, ip6: 128 }

/**
 * Refuses an option that has no effect, because the subnet is named. Docker sends the options with the call for each
 * family. So a pool of the other family is accepted, and a size that may be for the other family.
 */
const refuseUnused = (
  { named = [], length }: { readonly named: readonly Pool[] | undefined; readonly length: number | null },
  family: Family,
): void => {
  const isPoolUnused = named.some(({ entries }) => entries.some(({ prefix }) => prefix.family === family))
  const isSizeUnused = length !== null && length <= longestOf.ip === (family === 'ip')
  if (!isPoolUnused && !isSizeUnused) return
  throw new InvalidRequestError(
    `--ipam-opt ${isPoolUnused ? 'pool' : 'size'} has no use beside --subnet, which says it already: give one of the two.`,
  )
}

const poolNamed = (text: string): ReturnType<typeof parsePool> => {
  try {
    return parsePool(text)
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error
    throw new InvalidRequestError(`--ipam-opt pool: ${error.message}`, { cause: error })
  }
}
