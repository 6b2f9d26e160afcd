import type { DesiredMapping, DesiredState, PublishedPort, Runner } from '@portolan/core'
import { openNetlinkSocket } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import { readRules } from '../host-rules/read-rules.ts'

/**
 * Brings the mappings of one project into force, in one backend.
 * @internal
 */
export interface RuleKeeper {
  /** What every project has published in this backend, read now. */
  readPublished(): Promise<readonly PublishedPort[]>
  /**
   * Adds or removes one mapping in the shortest way there is.
   * @returns false, with nothing done, when there is none: use `hold`
   * @throws StaleStateError when the host is not as it was thought to be
   */
  quickly(action: 'add' | 'remove', mapping: DesiredMapping): Promise<boolean>
  /** Reads the rules and makes these the project's mappings, in one transaction. */
  hold(mappings: readonly DesiredMapping[]): Promise<void>
  close(): void
}

/** @internal */
export const openRuleKeeper = (backend: Backend, project: string, runner: Runner): RuleKeeper =>
  backend === 'nftables' ? nftablesKeeper(project, runner) : iptablesKeeper(backend, project, runner)

const nftablesKeeper = (project: string, runner: Runner): RuleKeeper => {
  const socket = openNetlinkSocket()
  return {
    readPublished: async () => nftables.published(await nftables.inspect(runner)),
    quickly: async (action, mapping) => {
      const make = action === 'add' ? nftables.publishChange : nftables.unpublishChange
      const change = make(project, mapping)
      return change !== null && nftables.applyLive([change], socket)
    },
    hold: async (mappings) => {
      const actual = await nftables.inspect(runner)
      const desired = mappingsAlone(project, mappings)
      const compiled = desired === null ? null : nftables.compile(desired)
      await nftables.apply(nftables.diff(actual, nftables.adopt(actual, compiled, project)), runner)
    },
    close: () => socket.close(),
  }
}

const iptablesKeeper = (
  backend: Exclude<Backend, 'nftables'>,
  project: string,
  runner: Runner,
): RuleKeeper => {
  const read = async (): Promise<iptables.Ruleset> => (await readRules(runner, backend))[backend]
  return {
    readPublished: async () => iptables.published(await read()),
    quickly: async () => false,
    hold: async (mappings) => {
      const actual = await read()
      const desired = mappingsAlone(project, mappings)
      const compiled = desired === null ? null : iptables.compile(desired)
      await iptables.apply(iptables.diff(actual, iptables.adopt(actual, compiled, project)), runner, backend)
    },
    close: () => {},
  }
}

/** A project of mappings only: the networks they lead to belong to others. */
const mappingsAlone = (project: string, mappings: readonly DesiredMapping[]): DesiredState | null =>
  mappings.length === 0 ? null : { project, networks: [], endpoints: [], mappings, guardForwarding: false }
