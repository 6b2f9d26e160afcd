import type { FreeField, PacketField } from './free-field.ts'

/**
 * The free field that each address and port of a packet comes from; null: the value does not depend on the free fields.
 * A value that moves keeps its origin, and a value that replaces it has none. So values that are equal by chance are
 * not confused.
 */
export type Origins = Readonly<Record<PacketField, FreeField | null>>

export const noOrigins: Origins = { saddr: null, daddr: null, sport: null, dport: null }

/** The origins of the other direction. */
export const swapOrigins = (origins: Origins): Origins =>
  origins === noOrigins
    ? noOrigins
    : { saddr: origins.daddr, daddr: origins.saddr, sport: origins.dport, dport: origins.sport }

export const withOrigin = (origins: Origins, key: PacketField, origin: FreeField | null): Origins =>
  origins[key] === origin ? origins : { ...origins, [key]: origin }

export const sameOrigins = (a: Origins, b: Origins): boolean =>
  a === b || (a.saddr === b.saddr && a.daddr === b.daddr && a.sport === b.sport && a.dport === b.dport)
