import type { Reading } from './reading.ts'
import type { World } from './world.ts'

/** Reads an expression of a packet. */
export type Read = (world: World) => Reading
