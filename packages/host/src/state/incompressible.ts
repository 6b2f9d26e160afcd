import { randomBytes } from 'node:crypto'

/**
 * Bytes that take as much room on a disk as they are many, whatever the file system does with them: one that compresses
 * has room for a file of spaces when it has none for a file of state.
 */
export const incompressible = (length: number): Uint8Array => randomBytes(length)
