import { formatPrefix, type Prefix } from '@portolan/netfilter'
import type { PlanState } from '../pool/plan-state.ts'
import type { Rejection } from '../pool/rejection.ts'
import { describeReservation, type Reservation } from '../pool/reservation.ts'
import { space4, space6 } from '../pool/space.ts'
import { touching } from '../pool/touching.ts'
import type { MapHolder } from './address-map.ts'

/** A reader cannot use more holders than these. A host with the Internet's routing table has a million. */
const MOST = 200

/** Holders by prefix and description, without duplicates, in the order they were first met. */
export interface HolderList {
  readonly holders: MapHolder[]
  readonly places: Map<string, number>
  isCut: boolean
}

const keyOf = (prefix: string, detail: string): string => `${prefix} ${detail}`

/**
 * The layers of a plan that a picture shows as held. The subnets of the plan itself are left out: they are drawn as
 * picked.
 */
const layersOf = ({ layers }: PlanState) => ({ ip: layers.ip.slice(0, 2), ip6: layers.ip6.slice(0, 2) })

/** The reservations that touch a prefix, the largest first. */
export const reservationsIn = (state: PlanState, prefix: Prefix, most: number): readonly Reservation[] => {
  const layers = layersOf(state)
  const found =
    prefix.family === 'ip'
      ? layers.ip.flatMap((layer) => touching(space4, layer, prefix.base, prefix.length, most))
      : layers.ip6.flatMap((layer) => touching(space6, layer, prefix.base, prefix.length, most))
  return found.sort((a, b) => a.prefix.length - b.prefix.length)
}

/** The holders of a picture: first those that the rejections name, then all others that hold a part of the prefixes. */
export const listHolders = (
  state: PlanState,
  rejected: readonly Rejection[],
  prefixes: readonly Prefix[],
): HolderList => {
  const list: HolderList = { holders: [], places: new Map(), isCut: false }
  for (const { kind, overlaps, detail, candidate, candidates } of rejected) {
    const key = keyOf(overlaps, detail)
    const place = list.places.get(key)
    const known = place === undefined ? undefined : list.holders[place]
    if (place === undefined || known === undefined) {
      if (list.holders.length >= MOST) list.isCut = true
      else {
        list.places.set(key, list.holders.length)
        list.holders.push({ kind, prefix: overlaps, detail, passedOver: { candidate, candidates } })
      }
    } else {
      const before = known.passedOver ?? { candidate, candidates: 0 }
      list.holders[place] = {
        ...known,
        passedOver: { ...before, candidates: before.candidates + candidates },
      }
    }
  }
  for (const prefix of prefixes)
    for (const reservation of reservationsIn(state, prefix, MOST + 1)) add(list, reservation)
  return list
}

const add = (list: HolderList, reservation: Reservation): void => {
  const prefix = formatPrefix(reservation.prefix)
  const detail = describeReservation(reservation)
  const key = keyOf(prefix, detail)
  if (list.places.has(key)) return
  if (list.holders.length >= MOST) {
    list.isCut = true
    return
  }
  list.places.set(key, list.holders.length)
  list.holders.push({ kind: reservation.kind, prefix, detail, passedOver: null })
}

/** The place of a reservation's holder in the list; -1: the list was cut before it. */
export const placeOf = ({ places }: HolderList, reservation: Reservation): number =>
  places.get(keyOf(formatPrefix(reservation.prefix), describeReservation(reservation))) ?? -1

/** The place of the holder that caused a rejection; -1: the list was cut before it. */
export const placeOfRejection = ({ places }: HolderList, { overlaps, detail }: Rejection): number =>
  places.get(keyOf(overlaps, detail)) ?? -1
