import { randomBytes } from 'node:crypto'

/**
 * Random bytes, which take their full length on the disk. A file system that compresses may have room for a file of
 * spaces when it has none for a state file.
 */
export const incompressible = (length: number): Uint8Array => randomBytes(length)
