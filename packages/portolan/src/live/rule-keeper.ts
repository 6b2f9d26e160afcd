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
import { readRules } from '../host-rules/read-rules.ts'

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
  let rules: iptables.Ruleset = iptables.emptyRuleset
  return {
    read: async () => {
      rules = (await readRules(runner, backend))[backend]
      return {
        ports: iptables.published(rules),
        standing: families.filter((family) => isStanding(rules, family)),
      }
    },
    isUnchanged: async () => false,
    quickly: async () => false,
    hold: async (mappings) => {
      const desired = mappingsAlone(project, mappings)
      const compiled = desired === null ? null : iptables.compile(desired)
      await iptables.apply(iptables.diff(rules, iptables.adopt(rules, compiled, project)), runner, backend)
    },
    close: () => {},
  }
}

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
