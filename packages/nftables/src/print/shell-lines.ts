import { hereDocument } from '@portolan/core/planning'
import type { Ruleset } from '../model/index.ts'
import { printScript } from './script.ts'

/** Rules as lines of a POSIX shell script, safe to run again: the whole table is replaced. */
export const shellLines = (ruleset: Ruleset): readonly string[] => [
  '# Rules: one transaction that replaces our table.',
  ...hereDocument('nft -f -', printScript(ruleset, 'nft')),
  '',
]
