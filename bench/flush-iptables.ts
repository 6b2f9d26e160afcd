import type { Variant } from '@portolan/iptables'
import { runProgram } from './program.ts'

/** Empties the tables that ours are in: a restore without --noflush takes every rule and every own chain. */
export const flushIptables = (variant: Variant): void => {
  const text = ['raw', 'mangle', 'nat', 'filter'].map((table) => `*${table}\nCOMMIT\n`).join('')
  runProgram([`${variant}-restore`, '-w'], text)
}
