import { lastAddress } from '../../address/index.ts'
import type { Route, RouteTable } from './route-table.ts'

interface Stretch {
  readonly first: number | bigint
  readonly last: number | bigint
  readonly length: number
  readonly kind: string
}

/**
 * The addresses where a large table begins to lead another way, rising. Neighbours with the same way are one stretch: a
 * full table of the Internet leads out by a few interfaces.
 *
 * @param longest - prefix lengths up to this are told apart (`suppress_prefixlength` of a routing rule)
 * @param most - the most cuts; null is returned beyond that
 */
export const mergedCuts = (
  table: RouteTable,
  longest: number,
  most: number,
): readonly (number | bigint)[] | null => {
  const cuts: (number | bigint)[] = []
  const kinds = new Map<string, number>()
  const nested = new Map<number, Map<number, number>>()
  const own: number[] = [-1]
  let ids = 1
  // A packet that no route of a prefix admits falls through to shorter prefixes, so all prefixes around it matter.
  const inside = (outer: number, kind: number): number => {
    if (own[outer] === kind) return outer
    const of = nested.get(outer) ?? new Map<number, number>()
    nested.set(outer, of)
    const known = of.get(kind)
    if (known !== undefined) return known
    own[ids] = kind
    of.set(kind, ids)
    ids += 1
    return ids - 1
  }
  const open: { readonly last: number | bigint; readonly id: number }[] = []
  let [before, current, at]: [number, number, number | bigint | null] = [0, 0, null]
  const turnTo = (id: number, from: number | bigint): void => {
    // Of two changes at one address, the later one holds. Where it undoes the first one, there is no cut.
    if (at === from) cuts.pop()
    else before = current
    at = from
    current = id
    if (id !== before) cuts.push(from)
    else at = null
  }
  const close = (until: number | bigint | null): void => {
    for (;;) {
      const inner = open.at(-1)
      if (inner === undefined || (until !== null && inner.last >= until)) return
      open.pop()
      const id = open.at(-1)?.id ?? 0
      if (id !== current) turnTo(id, next(inner.last))
    }
  }
  for (const { first, last, length, kind } of stretchesOf(table)) {
    close(first)
    const name = length <= longest ? `${length} ${kind}` : kind
    const number = kinds.get(name) ?? kinds.size
    kinds.set(name, number)
    const id = inside(open.at(-1)?.id ?? 0, number)
    if (id !== current) turnTo(id, first)
    open.push({ last, id })
    if (cuts.length > most) return null
  }
  close(null)
  return cuts.length > most ? null : cuts
}

const next = (value: number | bigint): number | bigint => (typeof value === 'number' ? value + 1 : value + 1n)

/** The prefixes of a table, an outer one before those inside it. */
const stretchesOf = ({ buckets }: RouteTable): readonly Stretch[] => {
  const all: Stretch[] = []
  for (const [length, bucket] of buckets.entries())
    for (const [first, routes] of bucket ?? []) {
      const { value: last } =
        typeof first === 'number'
          ? lastAddress({ family: 'ip', base: first, length })
          : lastAddress({ family: 'ip6', base: first, length })
      all.push({ first, last, length, kind: routes.map((route) => kindOf(route, first)).join(',') })
    }
  return all.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.length - b.length))
}

/** The properties of a route that matter. For a route that is not unicast, its address matters too. */
const kindOf = ({ type, link, gateway, source }: Route, first: number | bigint): string =>
  type === 'unicast'
    ? `${link?.name} ${gateway === null ? '' : 'via'} ${source ?? ''}`
    : `${type} ${link?.name} ${source ?? ''} ${first}`
