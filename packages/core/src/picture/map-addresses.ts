import type { HostFacts } from '@portolan/netfilter'
import {
  containsPrefix,
  firstAddress,
  formatPrefix,
  type Prefix,
  parsePrefix,
  prefixAround,
} from '@portolan/netfilter'
import { checkFacts } from '../pool/check-subnet-plan.ts'
import { isHostIndex } from '../pool/host-index.ts'
import { type HostIndex, indexHost } from '../pool/index.ts'
import { poolsFor } from '../pool/pick-subnet.ts'
import { type PlanState, startPlan } from '../pool/plan-state.ts'
import type { Rejection } from '../pool/rejection.ts'
import type { AddressMap, MapPassed, MapRow } from './address-map.ts'
import { checkMapInput } from './check-map-input.ts'
import { type HolderList, listHolders, placeOfRejection } from './holder-list.ts'
import { cellsOf, type Picked } from './map-cells.ts'
import type { MapInput } from './map-input.ts'

/** A part is enlarged if it is at most an eighth of its row: its prefix is 3 bits longer or more. */
const ENLARGED = 3

/** An enlarged part shows at least so many subnets: fewer would hide its surroundings. */
const CLOSEST = 32

/** A row that is not drawn yet. */
interface Entry {
  readonly pool: string
  readonly prefix: Prefix
  readonly size: number
}

/**
 * Draws an answer of `planSubnets` as a map: pools, holders, subnets passed over with the reason, subnets picked. The
 * cost depends on what is drawn, not on the number of the host's routes.
 *
 * @param facts - the host, or `indexHost` of it
 * @throws ParseError for a reserved or allowed range that cannot be read
 * @example
 * const pools = [classicPool]
 * const subnets = planSubnets(facts, [{ network: 'web', family: 'ip' }], pools)
 * const asked = { family: 'ip', size: null, pools, options: {}, asked: 1 } as const
 * mapAddresses(facts, { ...asked, subnets, rejected: [], cells: 32 }).rows.length // 12
 * @public @since 0.1.0
 */
export const mapAddresses = (facts: HostFacts | HostIndex, input: MapInput): AddressMap => {
  checkFacts(facts)
  checkMapInput(input)
  const { family, size, subnets } = input
  const host = isHostIndex(facts) ? facts : indexHost(facts)
  const state = startPlan(host, [], input.pools, input.options)
  const entries = poolsFor(state, { network: '', family }).flatMap(({ name, entries: all }) =>
    all
      .filter(({ prefix }) => prefix.family === family && (size === null || size >= prefix.length))
      .map((entry): Entry => ({ pool: name, prefix: entry.prefix, size: size ?? entry.size })),
  )
  const rejected = eachOnce([...subnets.flatMap((plan) => plan.rejected), ...input.rejected])
  const list = listHolders(
    state,
    rejected,
    entries.map(({ prefix }) => prefix),
  )
  const picked = subnets.map(({ subnet, pool }, place) => ({ prefix: parsePrefix(subnet), place, pool }))
  return {
    family,
    rows: entries.flatMap((entry) =>
      rowsOf(
        state,
        list,
        entry,
        picked.filter(({ pool, prefix }) => pool === entry.pool && containsPrefix(entry.prefix, prefix)),
        rejected.filter(({ candidate }) => mayGive(entry, parsePrefix(candidate))),
        input.cells,
      ),
    ),
    holders: list.holders,
    isCut: list.isCut,
    asked: input.asked,
    picks: subnets.map(({ network, subnet, gateway, pool }) => ({
      network,
      subnet,
      gateway,
      pool: pool ?? '',
    })),
  }
}

/**
 * The rejections without duplicates: each later network of a long list repeats the rejections of the networks before
 * it.
 */
const eachOnce = (rejected: readonly Rejection[]): readonly Rejection[] => {
  const known = new Set<string>()
  return rejected.filter(({ kind, candidate, overlaps }) => {
    const key = `${candidate} ${overlaps}`
    if (kind === 'own' || known.has(key)) return false
    known.add(key)
    return true
  })
}

const mayGive = ({ prefix, size }: Entry, candidate: Prefix): boolean =>
  candidate.length === size && containsPrefix(prefix, candidate)

const rowsOf = (
  state: PlanState,
  list: HolderList,
  entry: Entry,
  picked: readonly Picked[],
  rejected: readonly Rejection[],
  cells: number,
): readonly MapRow[] => {
  const { pool, size } = entry
  const row = (prefix: Prefix, enlarges: string | null): MapRow => ({
    pool,
    prefix: formatPrefix(prefix),
    enlarges,
    size,
    subnets: 2 ** (size - prefix.length),
    cells: cellsOf(state, list, { prefix, size, count: cells }, picked),
    picked: picked.map(({ place }) => place),
    passedOver: passedOver(list, rejected),
  })
  const part = enlargedPart(entry, picked, rejected, cells)
  const whole = row(entry.prefix, null)
  return part === null ? [whole] : [whole, row(part, whole.prefix)]
}

const passedOver = (list: HolderList, rejected: readonly Rejection[]): readonly MapPassed[] => {
  const counts = new Map<number, number>()
  for (const rejection of rejected) {
    const holder = placeOfRejection(list, rejection)
    counts.set(holder, (counts.get(holder) ?? 0) + rejection.candidates)
  }
  return [...counts].map(([holder, candidates]) => ({ holder, candidates }))
}

/**
 * The part around the picked subnets (or, if there are none, around those passed over) that is drawn again, enlarged.
 * Null: the row itself shows them large enough. A cell of the part is never smaller than a subnet.
 */
const enlargedPart = (
  { prefix, size }: Entry,
  picked: readonly Picked[],
  rejected: readonly Rejection[],
  cells: number,
): Prefix | null => {
  const touched =
    picked.length > 0
      ? picked.map((one) => one.prefix)
      : rejected.map(({ candidate }) => parsePrefix(candidate))
  const [first] = touched
  if (first === undefined) return null
  let length = size - Math.log2(Math.min(cells, CLOSEST))
  while (length > prefix.length) {
    const part = prefixAround(firstAddress(first), length)
    if (touched.every((one) => containsPrefix(part, one))) break
    length -= 1
  }
  return length >= prefix.length + ENLARGED ? prefixAround(firstAddress(first), length) : null
}
