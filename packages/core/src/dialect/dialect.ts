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
 * One way to keep rules in the kernel, with everything that Portolan does in that way. Code that works on any host is
 * written against this type. A ruleset, its changes and its stored form belong to the dialect that made them: other
 * code only hands them back to it.
 *
 * Functions are properties, not methods, so that the compiler refuses the rules of one dialect to another.
 *
 * @typeParam Name - the backend, as a plan names it
 * @typeParam Rules - a ruleset of both families; never changed
 * @typeParam RuleChange - one step from a ruleset to another
 * @typeParam Stored - the JSON form of a ruleset, from which `restore` reads an equal ruleset
 * @public @since 0.1.0
 */
export interface Dialect<
  Name extends string,
  Rules,
  RuleChange extends Change & { readonly operation: object },
  Stored,
> {
  readonly name: Name
  /** The name of the dialect in the head of a list: `iptables (legacy variant)`. */
  readonly title: string
  /** The project that its programs come from. The package that installs them has the same name. */
  readonly tool: 'nftables' | 'iptables'
  /** The program that a host must have for this dialect. */
  readonly program: string
  /**
   * Its rules share chains with the rules of other programs. So `inspect` reads foreign rules too, and a change of a
   * managed rule moves the foreign rules behind it.
   */
  readonly sharesChains: boolean
  /** Its rules name the interfaces by which containers leave the host (`CompileOptions`). */
  readonly namesLeaving: boolean
  /** Its programs share the lock file /run/xtables.lock. */
  readonly usesXtablesLock: boolean
  /** Its changes raise the generation number of nf_tables. */
  readonly countsGenerations: boolean
  /** It changes rules over a netlink socket and starts no program, if the caller hands it one (`RuleApplyOptions`). */
  readonly speaksNetlink: boolean

  /** A ruleset without rules. As the desired state it means: no managed rule stays. */
  readonly empty: Rules
  /**
   * Reads what the dialect's program printed.
   * @param source - the name of the text in errors
   * @param family - the family of the rules, where the text does not name it
   * @throws ParseError
   */
  readonly parse: (text: string, source: string, family?: Family) => Rules
  /** Merges the rules of several texts of one host into one ruleset. */
  readonly merge: (rulesets: readonly Rules[]) => Rules
  /**
   * Reads the managed rules of a host before a change, and fails where they cannot be read. In shared chains it reads
   * the foreign rules too.
   * @throws MissingToolError, PermissionError, InspectError, ParseError
   */
  readonly inspect: (host: HostAccess) => Promise<Rules>
  /**
   * Reads all rules of a host, foreign rules included. Rules that cannot be read are named in the result, if other
   * rules can be read.
   * @throws MissingToolError, PermissionError, InspectError, ParseError
   */
  readonly inspectAll: (host: HostAccess) => Promise<RuleReading<Rules>>
  /** Keeps the managed rules of a ruleset. */
  readonly ours: (rules: Rules) => Rules
  /** The host ports that the rules publish for projects. */
  readonly published: (rules: Rules) => readonly PublishedPort[]
  /** The container ports that the rules of routed networks open. The host port of each is the container port. */
  readonly opened: (rules: Rules) => readonly PublishedPort[]
  /** The projects that have rules, in byte order. */
  readonly projectsIn: (rules: Rules) => readonly string[]
  /** The bridges whose networks have rules. */
  readonly guardedBridges: (rules: Rules) => readonly string[]
  /**
   * Translates the rules into the model that knows no dialect.
   * @returns the dialect's own tables; a table of `context.known` takes the place of the same table here
   */
  readonly lower: (rules: Rules, context?: LowerContext<Rules>) => NetfilterRuleset

  /**
   * The rules of one project, as if it were alone on the host.
   * @throws InvalidRequestError for what cannot be written as a rule
   */
  readonly compile: (desired: DesiredState, options?: CompileOptions) => Rules
  /**
   * The managed rules that a host should have: those of one project as desired, those of all other projects as they
   * are.
   * @param desired - null: remove the rules of the project
   * @throws InvalidRequestError as `compile`
   */
  readonly adopt: (
    actual: Rules,
    desired: DesiredState | null,
    project: string,
    options?: CompileOptions,
  ) => Rules
  /**
   * The changes that turn the managed rules of `actual` into those of `desired`.
   * @returns a new list, which no other caller holds
   */
  readonly diff: (actual: Rules, desired: Rules) => readonly RuleChange[]
  /** Applies changes to a ruleset in memory; the host stays as it is. */
  readonly applyTo: (rules: Rules, changes: readonly RuleChange[]) => Rules
  /** The words in which a plan shows an operation. */
  readonly wordsOf: (operation: RuleChange['operation']) => ChangeWords
  /** Counts what an operation adds, changes and removes. */
  readonly tally: (operation: RuleChange['operation']) => RuleTally
  /**
   * Are the managed rules the same in two readings? A foreign rule in front of a managed jump does not count as a
   * change.
   */
  readonly isUnchanged: (before: Rules, now: Rules) => boolean
  /** Does a change make or mend the rules that lead packets to the mappings? A change of a single mapping does not. */
  readonly leadsIn: (change: RuleChange) => boolean
  /** The managed chains that stay, empty, after the changes. */
  readonly heldChains: (rules: Rules, changes: readonly RuleChange[]) => readonly HeldChain[]
  /**
   * The rules after a command from a remedy, if that command deletes another program's rule by its text.
   * @returns the same rules for any other command
   */
  readonly afterCommand: (rules: Rules, words: readonly string[]) => Rules

  /**
   * The families in which no managed rule is missing. These networks and the rules in place say which rules are needed.
   */
  readonly wholeFamilies: (
    rules: Rules,
    networks: readonly OwnedNetwork[],
    leaving?: readonly string[] | null,
  ) => readonly Family[]
  /** The families in which the kernel leads packets to the managed rules. */
  readonly standingFamilies: (rules: Rules) => readonly Family[]
  /** Do foreign rules stand where they can let in packets that the managed rules drop? `diff` mends this. */
  readonly isDisplaced: (rules: Rules) => boolean
  /** The managed rules that a host should have after another program removed some of them. */
  readonly mend: (actual: Rules, options: MendOptions<Rules>) => Mended<Rules>

  /** Prints the rules as the dialect's program prints them, in the form that `parse` reads. */
  readonly print: (rules: Rules) => string
  /** The formats of a script that loads without other files. */
  readonly scriptFormats: readonly RuleScriptFormat[]
  /**
   * A script that replaces all managed rules.
   * @param rules - the managed rules alone, as `adopt` gives them
   * @param format - one of `scriptFormats`
   */
  readonly printScript: (rules: Rules, format: RuleScriptFormat, options: RuleScriptOptions<Rules>) => string
  /**
   * The same rules as lines of a POSIX shell script, safe to run again.
   * @param actual - the rules that the host has
   */
  readonly shellLines: (rules: Rules, actual: Rules) => readonly string[]
  readonly store: (rules: Rules) => Stored
  /**
   * @param place - the place of the value, for errors
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
  /** The number of kernel transactions that `apply` makes of the changes. */
  readonly transactions: (changes: readonly RuleChange[]) => number
  /** Null: applying changes leaves nothing on the host beside the managed rules, or nothing that can be removed. */
  readonly traces: HostTraces<RuleChange> | null
  /** Null: the dialect has no quick way. */
  readonly quick: QuickChanges<Rules> | null
}
