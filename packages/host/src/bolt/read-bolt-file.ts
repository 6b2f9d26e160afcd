import { readBytes } from '../file/read-bytes.ts'
import { BoltFault } from './bolt-fault.ts'
import { newestMeta } from './meta-page.ts'
import { type BoltItem, readBolt } from './read-bolt.ts'

/** How often a file that its program is writing is read again. */
const ATTEMPTS = 4

/**
 * Reads a bolt database that another program may be writing. The lock of that program is not waited for: dockerd
 * holds it as long as it runs. A transaction overwrites pages that the one before it left unused, never those of the
 * state in force. So a reading is one whole state unless transactions ended while it went on. A second reading tells.
 *
 * @throws BoltFault for what is no bolt database, is damaged, or never holds still; the errors of `readBytes`
 */
export const readBoltFile = (file: string, mostBytes: number): readonly BoltItem[] => {
  let before = readBytes(file, { mostBytes })
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    const after = readBytes(file, { mostBytes })
    if (newestMeta(before).transaction === newestMeta(after).transaction) return readBolt(before)
    before = after
  }
  throw new BoltFault('it kept changing while it was read')
}
