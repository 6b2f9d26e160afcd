import {
  bitsOf,
  formatPrefix,
  InvalidRequestError,
  inputText,
  type PrefixInput,
  tryParsePrefix,
} from '@portolan/netfilter'
import { checkArgument, objectValue } from '@portolan/netfilter/schema'
import { classicPool, cut, dockerPool, type Pool } from './pool.ts'
import { unpickableRange } from './unusable-range.ts'

const named: ReadonlyMap<string, Pool> = new Map([classicPool, dockerPool].map((pool) => [pool.name, pool]))

/**
 * A pool in a user's words, or its base (text, or a range of ip-num) with the size of its subnets.
 * @public @since 0.1.0
 */
export type PoolInput = string | { readonly base: PrefixInput; readonly size: number }

/**
 * Writes a pool as a user writes it.
 * @example
 * poolText({ base: '10.0.0.0/8', size: 24 }) // '10.0.0.0/8:24'
 * @public @since 0.1.0
 */
export const poolText = (pool: PoolInput): string => {
  if (typeof pool === 'string') return pool
  checkArgument(pool, objectValue('classic, docker, a text like 10.0.0.0/8:24, or { base, size }'), 'a pool')
  return `${inputText(pool.base)}:${pool.size}`
}

/**
 * Reads a pool as a user writes it: `classic`, `docker`, or a base and the size of the subnets that it is cut into.
 * Host bits of the base are cleared.
 *
 * @throws InvalidRequestError for any other text, a base that cannot be cut into such subnets, or one that overlaps
 * addresses that no network can have, or 169.254.0.0/16 or 255.255.255.255
 * @example
 * parsePool('10.0.0.0/8:24').entries.length // 1
 * parsePool('fd00:1234::/48:64').name // 'fd00:1234::/48:64'
 * @public @since 0.1.0
 */
export const parsePool = (pool: PoolInput): Pool => {
  const read = readPool(poolText(pool))
  for (const { prefix } of read.entries) {
    const range = unpickableRange(prefix)
    if (range !== null)
      throw new InvalidRequestError(
        `The pool ${read.name} overlaps ${range}, which no pool can have: name a pool beside it, such as ${prefix.family === 'ip' ? '10.64.0.0/12:24' : 'fd64::/48:64'}.`,
      )
  }
  return read
}

/** The name of a pool with host bits cleared, so that two texts for the same pool have the same name. */
export const plainPool = (text: string): string => {
  const { name, entries } = readPool(text)
  const [entry] = entries
  return entry === undefined || named.has(name) ? name : `${formatPrefix(entry.prefix)}:${entry.size}`
}

/**
 * Reads a pool that was set before. Unlike `parsePool` it accepts every range, because an older version may have done
 * so.
 */
export const readPool = (text: string): Pool => {
  const known = named.get(text)
  if (known !== undefined) return known
  const [, base = '', digits] = /^(.*\/\d+)(?::(\d+))?$/.exec(text) ?? []
  const prefix = tryParsePrefix(base)
  if (prefix === null) {
    throw new InvalidRequestError(
      `"${text}" is not a pool: write classic, docker, or a prefix and the size to cut it into, like 10.0.0.0/8:24.`,
    )
  }
  if (digits === undefined) {
    const likely = Math.min(prefix.family === 'ip' ? Math.max(24, prefix.length) : 64, bitsOf(prefix))
    throw new InvalidRequestError(
      `The pool ${text} does not say how large its subnets are: write ${text}:${likely} for /${likely} subnets, or ${text}:${prefix.length} for one subnet.`,
    )
  }
  const size = Number(digits)
  if (size > bitsOf(prefix)) {
    throw new InvalidRequestError(
      `The pool ${text} cannot be cut into /${digits}: the longest prefix of its family is /${bitsOf(prefix)}.`,
    )
  }
  if (size < prefix.length) {
    throw new InvalidRequestError(
      `The pool ${text} cannot be cut into /${digits}: that is larger than the pool itself, a /${prefix.length}.`,
    )
  }
  return { name: text, entries: [cut(prefix, size)] }
}
