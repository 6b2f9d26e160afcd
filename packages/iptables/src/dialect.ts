import type { Dialect } from '@portolan/core'
import { adopt, projectsIn } from './adopt/adopt.ts'
import { guardedBridges, mend, wholeFamilies } from './adopt/mend.ts'
import { standingFamilies } from './adopt/standing.ts'
import { apply } from './apply/apply.ts'
import { transactions } from './apply/transaction.ts'
import { compile } from './compile/compile.ts'
import { ours } from './compile/ours.ts'
import { applyTo } from './diff/apply-to.ts'
import { wordsOf } from './diff/describe.ts'
import { diff } from './diff/diff.ts'
import { isUnchanged } from './diff/is-unchanged.ts'
import { leadsIn } from './diff/leads-in.ts'
import { afterCommand } from './diff/lists/after-command.ts'
import { displacedJumps } from './diff/lists/displaced-jumps.ts'
import { foreignJumps, heldChains } from './diff/lists/foreign-jumps.ts'
import { tally } from './diff/tally.ts'
import { inspectAll, inspectNeeded } from './inspect/inspect-all.ts'
import { lower } from './lower/lower.ts'
import type { IptablesChange } from './model/change.ts'
import { emptyRuleset, mergeRulesets, type Ruleset } from './model/ruleset.ts'
import { program, type Variant } from './model/variant.ts'
import { parse } from './parse/parse.ts'
import { print } from './print/print.ts'
import { printScript } from './print/script.ts'
import { shellLines } from './print/shell-lines.ts'
import { restore, type StoredTables, store } from './print/stored.ts'
import { opened } from './published/opened.ts'
import { published } from './published/published.ts'
import { baseTableTraces } from './traces/traces.ts'

type IptablesDialect<Name extends Variant> = Dialect<Name, Ruleset, IptablesChange, StoredTables>

/** The dialect without the fields that differ between the two variants. */
type Shared = Omit<
  IptablesDialect<Variant>,
  'name' | 'title' | 'usesXtablesLock' | 'countsGenerations' | 'traces'
>

const shared = (variant: Variant): Shared => ({
  tool: 'iptables',
  program: variant,
  sharesChains: true,
  speaksNetlink: false,
  namesLeaving: true,
  empty: emptyRuleset,
  parse,
  merge: (rulesets) => mergeRulesets(...rulesets),
  inspect: (host) => inspectNeeded(host, variant),
  inspectAll: (host) => inspectAll(host, variant),
  ours,
  published,
  opened,
  projectsIn,
  guardedBridges,
  // A file from `iptables-save` may come from a host where that is the legacy program. The header of each table tells.
  lower: (rules, { numberedAs } = {}) =>
    lower(rules, {
      ...(variant === 'iptables-legacy' ? { tool: variant } : {}),
      ...(numberedAs === undefined ? {} : { numberedAs: [numberedAs] }),
    }),
  compile,
  adopt,
  diff,
  applyTo,
  wordsOf,
  tally,
  isUnchanged,
  leadsIn,
  heldChains: (rules, changes) =>
    // Our changes add no foreign jump. Most hosts have none, and carrying out a large plan in memory takes long.
    foreignJumps(rules).length === 0
      ? []
      : heldChains(applyTo(rules, changes)).map(({ family, table, to, text }) => ({
          ...{ family, table, chain: to, rule: text },
          program: program(variant, family),
        })),
  afterCommand: (rules, words) => afterCommand(rules, words, variant),
  wholeFamilies,
  standingFamilies,
  isDisplaced: (rules) => displacedJumps(rules).length > 0,
  mend,
  print: (rules) => print(rules, 'iptables-save'),
  scriptFormats: ['iptables-restore'],
  printScript: (rules, _format, options) => printScript(rules, options),
  shellLines: (rules, actual) => shellLines(rules, actual, variant),
  store,
  restore,
  apply: (changes, runner) => apply(changes, runner, variant),
  transactions,
  quick: null,
})

/**
 * The dialect for iptables on nf_tables.
 * @public @since 0.1.0
 */
export const iptablesNft: IptablesDialect<'iptables-nft'> = {
  ...shared('iptables-nft'),
  name: 'iptables-nft',
  title: 'iptables (nf_tables variant)',
  usesXtablesLock: false,
  countsGenerations: true,
  traces: baseTableTraces,
}

/**
 * The dialect for iptables on the kernel's old ip_tables.
 * @public @since 0.1.0
 */
export const iptablesLegacy: IptablesDialect<'iptables-legacy'> = {
  ...shared('iptables-legacy'),
  name: 'iptables-legacy',
  title: 'iptables (legacy variant)',
  usesXtablesLock: true,
  countsGenerations: false,
  // A registered table cannot be unregistered, so there is no trace to remember and remove.
  traces: null,
}
