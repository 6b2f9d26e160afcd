import { closeSync, openSync, readSync } from 'node:fs'

/**
 * Reads random bytes of the kernel. `node:crypto` gives the same, but loading it takes a tenth of the time that Node
 * itself takes to start.
 */
export const randomBytes = (size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  const descriptor = openSync('/dev/urandom', 'r')
  try {
    // A read of up to 256 bytes is complete (random(4)).
    readSync(descriptor, bytes)
  } finally {
    closeSync(descriptor)
  }
  return bytes
}
