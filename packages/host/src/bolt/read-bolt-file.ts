import { readBytes } from '../file/read-bytes.ts'
import { BoltFault } from './bolt-fault.ts'
import { newestMeta } from './meta-page.ts'
import { type BoltItem, readBolt } from './read-bolt.ts'

/** The most readings of a file that another program is writing. */
const ATTEMPTS = 4

/**
 * Reads a bolt database that another program may be writing. It does not wait for that program's lock, which dockerd
 * holds as long as it runs. A transaction overwrites only pages that the transaction before left unused, never pages of
 * the state in force. So a reading is consistent unless transactions ended meanwhile, which a second reading shows.
 *
 * @throws BoltFault for what is no bolt database, is damaged, or changes at each reading; the errors of `readBytes`
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
