import type { Variant } from '@portolan/iptables'
import { runProgram } from './program.ts'

/**
 * Empties the tables in which Portolan has rules. A restore without --noflush deletes every rule and every user chain.
 */
export const flushIptables = (variant: Variant): void => {
  const text = ['raw', 'mangle', 'nat', 'filter'].map((table) => `*${table}\nCOMMIT\n`).join('')
  runProgram([`${variant}-restore`, '-w'], text)
}
