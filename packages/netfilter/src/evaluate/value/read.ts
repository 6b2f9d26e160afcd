import type { World } from '../packet/world.ts'
import type { Reading } from './reading.ts'

/** Reads an expression of a packet. */
export type Read = (world: World) => Reading
