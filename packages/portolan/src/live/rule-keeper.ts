import type { DesiredMapping, DesiredState, PublishedPort, Runner } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import { readRules } from '../host-rules/read-rules.ts'

/** Keeps the rules of one project in step with a list of mappings, in one backend. */
export interface RuleKeeper {
  /** What all projects have published in this backend, as last read or written. */
  readonly published: readonly PublishedPort[]
  /** Brings the project's mappings into force: one transaction. */
  hold(mappings: readonly DesiredMapping[]): Promise<void>
  /** Reads the rules anew. */
  refresh(): Promise<void>
}

/** Opens the keeper of a backend; reads its rules once. */
export const openRuleKeeper = async (
  backend: Backend,
  project: string,
  runner: Runner,
): Promise<RuleKeeper> => {
  let rules = await readRules(runner, backend)
  const refresh = async (): Promise<void> => {
    rules = await readRules(runner, backend)
  }
  const wanted = (mappings: readonly DesiredMapping[]): DesiredState | null =>
    mappings.length === 0 ? null : { project, networks: [], endpoints: [], mappings, guardForwarding: false }

  if (backend === 'nftables') {
    return {
      refresh,
      get published() {
        return nftables.published(rules.nftables)
      },
      hold: async (mappings) => {
        const actual = rules.nftables
        const desired = wanted(mappings)
        const changes = nftables.diff(
          actual,
          nftables.adopt(actual, desired === null ? null : nftables.compile(desired), project),
        )
        await nftables.apply(changes, runner)
        rules = { ...rules, nftables: nftables.applyTo(actual, changes) }
      },
    }
  }
  return {
    refresh,
    get published() {
      return iptables.published(rules[backend])
    },
    hold: async (mappings) => {
      const actual = rules[backend]
      const desired = wanted(mappings)
      const changes = iptables.diff(
        actual,
        iptables.adopt(actual, desired === null ? null : iptables.compile(desired), project),
      )
      await iptables.apply(changes, runner, backend)
      rules = { ...rules, [backend]: iptables.applyTo(actual, changes) }
    },
  }
}
