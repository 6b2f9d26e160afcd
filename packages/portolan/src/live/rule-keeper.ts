import {
  type DesiredMapping,
  type DesiredState,
  type Family,
  families,
  type PublishedPort,
  type Runner,
} from '@portolan/core'
import { openNetlinkSocket, runsHere } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import { requireLegacyRules } from '../host-rules/read-legacy-rules.ts'

/** What one backend has of ours. */
export interface KeptRules {
  /** What every project has published. */
  readonly ports: readonly PublishedPort[]
  /** Families whose packets are led to our rules at all: not where nothing was applied, or somebody flushed it. */
  readonly standing: readonly Family[]
}

/**
 * Brings the mappings of one project into force, in one backend.
 * @internal
 */
export interface RuleKeeper {
  /** Reads the rules as they are now. */
  read(): Promise<KeptRules>
  /** Is it certain that nobody else changed a rule since `read`? */
  isUnchanged(): Promise<boolean>
  /** Is what `read` found, with what `hold` made of it since, certain to be what the host has? */
  isCurrent(): Promise<boolean>
  /**
   * Adds or removes one mapping in the shortest way there is.
   * @returns false, with nothing done, when there is none: use `hold`
   * @throws StaleStateError when the host is not as it was thought to be
   */
  quickly(action: 'add' | 'remove', mapping: DesiredMapping): Promise<boolean>
  /**
   * Makes these the project's mappings, in one transaction, from the rules that were read last.
   * @throws StaleStateError when they are no longer so
   */
  hold(mappings: readonly DesiredMapping[]): Promise<void>
  close(): void
}

/** @internal */
export const openRuleKeeper = (backend: Backend, project: string, runner: Runner): RuleKeeper =>
  backend === 'nftables' ? nftablesKeeper(project, runner) : iptablesKeeper(backend, project, runner)

const nftablesKeeper = (project: string, runner: Runner): RuleKeeper => {
  const socket = openNetlinkSocket()
  let rules: nftables.Ruleset = nftables.emptyRuleset
  let unrestricted = false
  /** The generation of the rules if nobody but us has changed any since they were read; null: not known. */
  let expected: number | null = null
  const isUnchanged = async (): Promise<boolean> =>
    expected !== null && (await nftables.generation(socket)) === expected
  /** A transaction of ours has been made. */
  const countOwn = (): void => {
    if (expected !== null) expected = (expected + 1) >>> 0
  }
  return {
    read: async () => {
      // Asked before: what changes during the reading makes it uncertain.
      expected = await nftables.generation(socket)
      rules = await nftables.inspect(runner, runsHere(runner) ? { socket } : {})
      unrestricted = !nftables.restrictsPorts(rules)
      return { ports: nftables.published(rules), standing: nftables.isStanding(rules) ? families : [] }
    },
    isUnchanged,
    // What is done quickly is not entered into what was read.
    isCurrent: async () => false,
    quickly: async (action, mapping) => {
      const make = action === 'add' ? nftables.publishChange : nftables.unpublishChange
      const change =
        make(project, mapping) ??
        (unrestricted && (await isUnchanged()) ? make(project, mapping, { unrestricted }) : null)
      if (change === null || !(await nftables.applyLive([change], socket))) return false
      countOwn()
      return true
    },
    hold: async (mappings) => {
      const desired = mappingsAlone(project, mappings)
      const compiled = desired === null ? null : nftables.compile(desired)
      const changes = nftables.diff(rules, nftables.adopt(rules, compiled, project))
      await nftables.apply(changes, runner)
      if (changes.length > 0) countOwn()
    },
    close: () => socket.close(),
  }
}

const iptablesKeeper = (
  backend: Exclude<Backend, 'nftables'>,
  project: string,
  runner: Runner,
): RuleKeeper => {
  // What iptables-nft writes counts among the generations of nf_tables; nothing tells of the legacy variant's.
  const socket = backend === 'iptables-nft' && runsHere(runner) ? openNetlinkSocket() : null
  const generation = async (): Promise<number | null> =>
    socket === null ? null : nftables.generation(socket)
  let rules: iptables.Ruleset = iptables.emptyRuleset
  /** The generation that `rules` are of; null: not known. */
  let expected: number | null = null
  const isCurrent = async (): Promise<boolean> => expected !== null && (await generation()) === expected
  return {
    read: async () => {
      expected = await generation()
      rules =
        backend === 'iptables-legacy'
          ? await requireLegacyRules(runner)
          : await iptables.inspect(runner, backend)
      return {
        ports: iptables.published(rules),
        standing: families.filter((family) => isStanding(rules, family)),
      }
    },
    isUnchanged: isCurrent,
    isCurrent,
    quickly: async () => false,
    hold: async (mappings) => {
      const desired = mappingsAlone(project, mappings)
      const compiled = desired === null ? null : iptables.compile(desired)
      const changes = iptables.diff(rules, iptables.adopt(rules, compiled, project))
      const before = expected
      expected = null
      await iptables.apply(changes, runner, backend)
      rules = iptables.applyTo(rules, changes)
      const after = before === null ? null : await generation()
      // One more would be somebody else's, who came between.
      if (before !== null && after === (before + commits(changes)) >>> 0) expected = after
    },
    close: () => socket?.close(),
  }
}

/** How many transactions a restore makes of changes: one for each table of each family, as often as its turn comes. */
const commits = (changes: readonly iptables.IptablesChange[]): number =>
  families.reduce(
    (sum, family) => sum + (iptables.restoreText(changes, family).match(/^COMMIT$/gm)?.length ?? 0),
    0,
  )

/** Where destination NAT and masquerading live, something leads to our chains. */
const isStanding = (ruleset: iptables.Ruleset, family: Family): boolean =>
  iptables
    .ours(ruleset)
    .tables.some(
      (table) =>
        table.family === family &&
        table.name === 'nat' &&
        table.chains.some(({ kind }) => kind === 'built-in'),
    )

/** A project of mappings only: the networks they lead to belong to others. */
const mappingsAlone = (project: string, mappings: readonly DesiredMapping[]): DesiredState | null =>
  mappings.length === 0 ? null : { project, networks: [], endpoints: [], mappings, guardForwarding: false }
