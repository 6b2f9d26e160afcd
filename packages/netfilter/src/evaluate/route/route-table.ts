import { mask4, mask6 } from '../../address/prefix.ts'
import type { Link } from './link.ts'

/** A route that may be taken. */
export interface Route {
  readonly type: string
  readonly link: Link | null
  readonly gateway: number | bigint | null
  /** Preferred source. */
  readonly source: number | bigint | null
  readonly length: number
  readonly metric: number
  /** The table it stands in; 0: in none. */
  readonly table: number
  readonly text: string
}

type Bucket = Map<number | bigint, Route[]>

/** One table of one family, searched by longest prefix, with a hash for each length. */
export interface RouteTable {
  readonly bits: 32 | 128
  readonly buckets: (Bucket | undefined)[]
  /** The lengths in use, longest first; null after a change. */
  lengths: number[] | null
}

export const routeTable = (bits: 32 | 128): RouteTable => ({ bits, buckets: [], lengths: null })

const maskTo = (bits: 32 | 128, value: number | bigint, length: number): number | bigint =>
  bits === 32
    ? mask4(typeof value === 'number' ? value : Number(value), length)
    : mask6(typeof value === 'bigint' ? value : BigInt(value), length)

/** Adds a route; of equal prefixes the lowest metric comes first, then the first added. */
export const addRoute = (table: RouteTable, base: number | bigint, route: Route): void => {
  let bucket = table.buckets[route.length]
  if (bucket === undefined) {
    bucket = new Map()
    table.buckets[route.length] = bucket
    table.lengths = null
  }
  const routes = bucket.get(base)
  if (routes === undefined) bucket.set(base, [route])
  else {
    const at = routes.findIndex((other) => other.metric > route.metric)
    if (at < 0) routes.push(route)
    else routes.splice(at, 0, route)
  }
}

/**
 * The route of the longest prefix that holds the address.
 *
 * @param admits - whether a route may be taken; the next one, of the same prefix or a shorter, is tried otherwise
 */
export const findRoute = (
  table: RouteTable,
  address: number | bigint,
  admits: (route: Route) => boolean,
): Route | null => {
  table.lengths ??= Object.keys(table.buckets)
    .map(Number)
    .sort((a, b) => b - a)
  for (const length of table.lengths) {
    const routes = table.buckets[length]?.get(maskTo(table.bits, address, length))
    if (routes === undefined) continue
    for (const route of routes) if (admits(route)) return route
  }
  return null
}
