import { hereDocument } from '@portolan/core/planning'
import type { Ruleset } from '../model/index.ts'
import { printScript } from './script.ts'

/** Rules as lines of a POSIX shell script. The script replaces the whole table, so it is safe to run again. */
export const shellLines = (ruleset: Ruleset): readonly string[] => [
  '# Rules: one transaction that replaces our table.',
  ...hereDocument('nft -f -', printScript(ruleset, 'nft')),
  '',
]
