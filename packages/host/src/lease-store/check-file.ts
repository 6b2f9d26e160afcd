import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { checkPages } from './check-pages.ts'
import { DamagedError } from './lease-table.ts'

/** The most readings of a file that looks damaged: another process may have written while it was read. */
const ATTEMPTS = 20
const PAUSE_MS = 5

/**
 * Refuses a file that LMDB would not survive.
 * @throws DamagedError
 */
export const checkFile = async (file: string): Promise<void> => {
  let last: string | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { fault, transaction } = checkPages(readFileSync(file))
    if (fault === null) return
    // The same fault of the same transaction twice is not a matter of timing.
    const seen = `${transaction} ${fault}`
    if (seen === last) throw new DamagedError(fault)
    last = seen
    await setTimeout(PAUSE_MS)
  }
  // The file changed at each read. Other processes use it, so it can be used.
}
