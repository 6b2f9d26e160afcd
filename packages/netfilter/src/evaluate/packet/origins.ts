import type { FreeField, PacketField } from './free-field.ts'

/**
 * Which free field each address and port of a packet is; null: it is what it is whatever the free fields are. A value
 * takes its origin along where it is moved, and a value that something else is put in the place of loses it. So two
 * values that happen to be equal are never taken for one another.
 */
export type Origins = Readonly<Record<PacketField, FreeField | null>>

export const noOrigins: Origins = { saddr: null, daddr: null, sport: null, dport: null }

/** Those of the other direction. */
export const swapOrigins = (origins: Origins): Origins =>
  origins === noOrigins
    ? noOrigins
    : { saddr: origins.daddr, daddr: origins.saddr, sport: origins.dport, dport: origins.sport }

export const withOrigin = (origins: Origins, key: PacketField, origin: FreeField | null): Origins =>
  origins[key] === origin ? origins : { ...origins, [key]: origin }

export const sameOrigins = (a: Origins, b: Origins): boolean =>
  a === b || (a.saddr === b.saddr && a.daddr === b.daddr && a.sport === b.sport && a.dport === b.dport)
