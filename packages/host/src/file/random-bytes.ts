import { closeSync, openSync, readSync } from 'node:fs'

/**
 * Bytes of the kernel's own randomness. `node:crypto` gives the same, and takes a tenth of the time that node itself takes
 * to start to load.
 */
export const randomBytes = (size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  const descriptor = openSync('/dev/urandom', 'r')
  try {
    // Reads of up to 256 bytes come whole (random(4)).
    readSync(descriptor, bytes)
  } finally {
    closeSync(descriptor)
  }
  return bytes
}
