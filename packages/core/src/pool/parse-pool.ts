import { bitsOf, InvalidRequestError, inputText, type PrefixInput, tryParsePrefix } from '@portolan/netfilter'
import { checkArgument, objectValue } from '@portolan/netfilter/schema'
import { classicPool, cut, dockerPool, type Pool } from './pool.ts'

const named: ReadonlyMap<string, Pool> = new Map([classicPool, dockerPool].map((pool) => [pool.name, pool]))

/**
 * A pool as a user writes it, or its base, as text or as a range of ip-num, and the size of its subnets.
 * @public @since 0.1.0
 */
export type PoolInput = string | { readonly base: PrefixInput; readonly size: number }

/**
 * A pool as a user writes it.
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
 * A pool as a user writes it: `classic`, `docker`, or a base and the size of the subnets it is cut into. Host
 * bits of the base are cleared.
 *
 * @throws InvalidRequestError when it is none of these, or the base cannot be cut into such subnets
 * @example
 * parsePool('10.0.0.0/8:24').entries.length // 1
 * parsePool('fd00:1234::/48:64').name // 'fd00:1234::/48:64'
 * @public @since 0.1.0
 */
export const parsePool = (pool: PoolInput): Pool => {
  const text = poolText(pool)
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
