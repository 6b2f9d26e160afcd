import type { Dialect } from '@portolan/core'
import { families } from '@portolan/netfilter'
import { adopt } from './adopt/adopt.ts'
import { guardedBridges, mend, wholeFamilies } from './adopt/mend.ts'
import { standingFamilies } from './adopt/standing.ts'
import { apply, transactions } from './apply/apply.ts'
import { compile } from './compile/compile.ts'
import { ours } from './compile/ours.ts'
import { applyTo } from './diff/apply-to.ts'
import { wordsOf } from './diff/describe.ts'
import { diff } from './diff/diff.ts'
import { isUnchanged } from './diff/is-unchanged.ts'
import { leadsIn } from './diff/leads-in.ts'
import { tally } from './diff/tally.ts'
import { inspect } from './inspect/inspect.ts'
import { inspectAll } from './inspect/inspect-all.ts'
import { lowerBeside } from './lower/iptables/beside-known.ts'
import type { NftablesChange } from './model/change.ts'
import { emptyRuleset, type Ruleset } from './model/index.ts'
import { parse } from './parse/parse.ts'
import { print } from './print/print.ts'
import { printScript } from './print/script.ts'
import { shellLines } from './print/shell-lines.ts'
import { restore, type StoredListing, store } from './print/stored.ts'
import { opened } from './published/opened.ts'
import { projectsIn, published } from './published/published.ts'
import { quickChanges } from './wire/quick-changes.ts'

/**
 * The dialect for nftables: one private table, changed in one transaction.
 * @public @since 0.1.0
 */
export const nftables: Dialect<'nftables', Ruleset, NftablesChange, StoredListing> = {
  name: 'nftables',
  title: 'nftables',
  tool: 'nftables',
  program: 'nft',
  sharesChains: false,
  namesLeaving: false,
  usesXtablesLock: false,
  countsGenerations: true,
  speaksNetlink: true,
  empty: emptyRuleset,
  parse,
  merge: (rulesets) => ({
    tables: rulesets.flatMap(({ tables }) => tables),
    opaque: rulesets.flatMap(({ opaque }) => opaque),
  }),
  inspect: ({ runner, socket }) => inspect(runner, socket === null ? {} : { socket }),
  inspectAll: async ({ runner, socket, elsewhere }) => {
    const { ruleset, unread } = await inspectAll(runner, {
      ...(socket === null ? {} : { socket }),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    })
    // An unread table may hold rules of either family.
    return { rules: ruleset, unread, hidden: unread.length > 0 ? families : [] }
  },
  ours,
  published,
  opened,
  projectsIn,
  guardedBridges,
  lower: (rules, { known = [] } = {}) => lowerBeside(rules, known),
  compile,
  adopt,
  diff,
  applyTo,
  wordsOf,
  tally,
  isUnchanged,
  leadsIn,
  // Our chains are in a private table. No foreign rule leads to them.
  heldChains: () => [],
  // No program documents an nft command that changes its own chains.
  afterCommand: (rules) => rules,
  wholeFamilies,
  standingFamilies,
  // Foreign chains are other base chains. Their priority says where they run, so they cannot displace our rules.
  isDisplaced: () => false,
  mend,
  print: (rules) => print(rules, 'nft-json'),
  scriptFormats: ['nft', 'nft-json'],
  printScript: (rules, format, { remarks }) =>
    printScript(rules, format === 'nft' ? 'nft' : 'nft-json', { remarks }),
  shellLines,
  store,
  restore,
  apply,
  transactions,
  // Our table is the only trace, and it is deleted with its rules.
  traces: null,
  quick: quickChanges,
}
