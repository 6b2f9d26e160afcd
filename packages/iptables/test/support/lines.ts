import type { Family } from '@portolan/netfilter'
import { printRule, type Ruleset } from '../../src/index.ts'

/** The rules of one chain as text, without `-A CHAIN`; empty: there is no such chain. */
export const lines = (
  ruleset: Ruleset,
  table: string,
  chain: string,
  family: Family = 'ip',
): readonly string[] =>
  ruleset.tables
    .filter((one) => one.family === family && one.name === table)
    .flatMap((one) => one.chains.filter((other) => other.name === chain))
    .flatMap((one) => one.rules.map(printRule))

export const chainNames = (ruleset: Ruleset, table: string, family: Family = 'ip'): readonly string[] =>
  ruleset.tables
    .filter((one) => one.family === family && one.name === table)
    .flatMap((one) => one.chains.map((chain) => chain.name))
