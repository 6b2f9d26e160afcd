import type { Family, NetfilterRuleset } from '@portolan/netfilter'
import type { DesiredState, OwnedNetwork, PublishedPort } from '../contract/index.ts'
import type { Change } from '../plan/change.ts'
import type { ChangeWords } from '../plan/late-words.ts'
import type { Mended, MendOptions } from '../plan/mending.ts'
import type { Runner } from '../plan/runner.ts'
import type { CompileOptions } from './compile-options.ts'
import type { HeldChain } from './held-chain.ts'
import type { HostAccess } from './host-access.ts'
import type { HostTraces } from './host-traces.ts'
import type { LowerContext } from './lower-context.ts'
import type { QuickChanges } from './quick-changes.ts'
import type { RuleApplyOptions } from './rule-apply-options.ts'
import type { RuleReading } from './rule-reading.ts'
import type { RuleScriptFormat, RuleScriptOptions } from './rule-script.ts'
import type { RuleTally } from './rule-tally.ts'

/**
 * One way to keep rules in the kernel, with all that is done by it. What works on any host is written against this type:
 * a ruleset, its changes and its stored form are the dialect's own, and are only handed back to it.
 *
 * Functions are properties, not methods, so that the compiler refuses the rules of one dialect to another.
 *
 * @typeParam Name - the backend, as a plan names it
 * @typeParam Rules - a ruleset of both families; never changed
 * @typeParam RuleChange - one step from a ruleset to another
 * @typeParam Stored - a ruleset as JSON holds it, from which the very same one is read back
 * @public @since 0.1.0
 */
export interface Dialect<
  Name extends string,
  Rules,
  RuleChange extends Change & { readonly operation: object },
  Stored,
> {
  readonly name: Name
  /** For the head of a list: `iptables (legacy variant)`. */
  readonly title: string
  /** The project that its programs are of, which is the name of their package too. */
  readonly tool: 'nftables' | 'iptables'
  /** The program that tells whether this dialect is to be had on a host. */
  readonly program: string
  /**
   * Its rules stand in chains of other programs too. So `inspect` reads foreign rules with ours, and a change of ours
   * moves theirs.
   */
  readonly sharesChains: boolean
  /** Its rules name the interfaces by which containers leave the host (`CompileOptions`). */
  readonly namesLeaving: boolean
  /** Its programs share the lock of a file, /run/xtables.lock. */
  readonly usesXtablesLock: boolean
  /** What it changes counts among the generations of nf_tables. */
  readonly countsGenerations: boolean
  /** It changes rules over a socket, and starts no program, where it is given one (`RuleApplyOptions`). */
  readonly speaksNetlink: boolean

  /** No rules: as the desired state it means that nothing of ours is to stay. */
  readonly empty: Rules
  /**
   * Reads what the dialect's program printed.
   * @param source - the name of the text in errors
   * @param family - of its rules, where the text does not tell
   * @throws ParseError
   */
  readonly parse: (text: string, source: string, family?: Family) => Rules
  /** The rules of several texts of one host as one. */
  readonly merge: (rulesets: readonly Rules[]) => Rules
  /**
   * Reads what a host has of ours, where it has to be known; in chains that are shared, what is foreign too.
   * @throws MissingToolError, PermissionError, InspectError, ParseError
   */
  readonly inspect: (host: HostAccess) => Promise<Rules>
  /**
   * Reads all rules of a host, foreign ones included. What may not be read is named, as far as anything could be.
   * @throws MissingToolError, PermissionError, InspectError, ParseError
   */
  readonly inspectAll: (host: HostAccess) => Promise<RuleReading<Rules>>
  /** What of rules is ours. */
  readonly ours: (rules: Rules) => Rules
  /** The host ports that projects have in force. */
  readonly published: (rules: Rules) => readonly PublishedPort[]
  /** The ports of containers that routed networks have open: the host port of each is the container's own. */
  readonly opened: (rules: Rules) => readonly PublishedPort[]
  /** The projects that have rules, in byte order. */
  readonly projectsIn: (rules: Rules) => readonly string[]
  /** The bridges whose networks have rules. */
  readonly guardedBridges: (rules: Rules) => readonly string[]
  /**
   * The rules in the model that knows no dialect.
   * @returns its own tables, and those that are known in their places
   */
  readonly lower: (rules: Rules, context?: LowerContext<Rules>) => NetfilterRuleset

  /**
   * The rules of one project, as if it were alone on the host.
   * @throws InvalidRequestError for what cannot be written as a rule
   */
  readonly compile: (desired: DesiredState, options?: CompileOptions) => Rules
  /**
   * What a host is to have of ours: one project as it is desired, all others as they are.
   * @param desired - null: the project goes
   * @throws InvalidRequestError as `compile`
   */
  readonly adopt: (
    actual: Rules,
    desired: DesiredState | null,
    project: string,
    options?: CompileOptions,
  ) => Rules
  /**
   * The changes that make what is ours in `actual` what `desired` has.
   * @returns changes that no other caller holds
   */
  readonly diff: (actual: Rules, desired: Rules) => readonly RuleChange[]
  /** The rules with changes made to them, on paper. */
  readonly applyTo: (rules: Rules, changes: readonly RuleChange[]) => Rules
  /** What a plan shows of an operation. */
  readonly wordsOf: (operation: RuleChange['operation']) => ChangeWords
  /** What an operation adds, changes and removes, counted. */
  readonly tally: (operation: RuleChange['operation']) => RuleTally
  /** Is what is ours in two readings the same? A jump of ours that foreign rules stand before is no change of ours. */
  readonly isUnchanged: (before: Rules, now: Rules) => boolean
  /** Is it the way to our mappings that a change makes or mends, rather than one of them? */
  readonly leadsIn: (change: RuleChange) => boolean
  /** Chains of ours that stay, empty, once changes are carried out. */
  readonly heldChains: (rules: Rules, changes: readonly RuleChange[]) => readonly HeldChain[]
  /**
   * The rules once a command of another program's remedy is run that deletes a rule by its text.
   * @returns the same rules for a command of any other kind
   */
  readonly afterCommand: (rules: Rules, words: readonly string[]) => Rules

  /** The families in which nothing is missing of ours that these networks and what is there need. */
  readonly wholeFamilies: (
    rules: Rules,
    networks: readonly OwnedNetwork[],
    leaving?: readonly string[] | null,
  ) => readonly Family[]
  /** The families in which packets are led to our rules. */
  readonly standingFamilies: (rules: Rules) => readonly Family[]
  /** Do foreign rules stand where they can let in what ours drop? `diff` mends it. */
  readonly isDisplaced: (rules: Rules) => boolean
  /** What of ours a host should have after another program took parts of it away. */
  readonly mend: (actual: Rules, options: MendOptions<Rules>) => Mended<Rules>

  /** The rules as the dialect's program prints them: what `parse` reads. */
  readonly print: (rules: Rules) => string
  /** The forms of a script that loads on its own. */
  readonly scriptFormats: readonly RuleScriptFormat[]
  /**
   * A script that replaces all of ours.
   * @param rules - ours alone, as `adopt` gives it
   * @param format - one of `scriptFormats`
   */
  readonly printScript: (rules: Rules, format: RuleScriptFormat, options: RuleScriptOptions<Rules>) => string
  /**
   * The same as lines of a POSIX shell script, safe to run again.
   * @param actual - what the host has
   */
  readonly shellLines: (rules: Rules, actual: Rules) => readonly string[]
  readonly store: (rules: Rules) => Stored
  /**
   * @param place - of the value, for errors
   * @throws ParseError naming the place
   */
  readonly restore: (stored: Stored, place: string) => Rules

  /**
   * Carries out changes.
   * @throws StaleStateError, PermissionError, ApplyError, MissingToolError
   */
  readonly apply: (
    changes: readonly RuleChange[],
    runner: Runner,
    options?: RuleApplyOptions,
  ) => Promise<void>
  /** How many transactions of the kernel `apply` makes of changes. */
  readonly transactions: (changes: readonly RuleChange[]) => number
  /** Null: it brings nothing into being beside our rules, or nothing that could be taken away. */
  readonly traces: HostTraces<RuleChange> | null
  /** Null: there is no quick way. */
  readonly quick: QuickChanges<Rules> | null
}
