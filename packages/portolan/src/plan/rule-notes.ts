import { type HeldChain, parseBridgeAlias } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { projectsInRules } from '../host-rules/projects-in-rules.ts'
import { changesOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

/**
 * Chains of ours that stay, empty, once changes are carried out: a rule of others leads to them.
 * @internal
 */
export const heldChainNotes = (rules: HostRules, changes: readonly PlanChange[]): readonly string[] =>
  backends.flatMap((backend) => heldIn(backend, rules, changes)).map(heldChainNote)

const heldIn = <One extends Backend>(
  backend: One,
  rules: RulesByBackend,
  changes: readonly PlanChange[],
): readonly HeldChain[] => dialects[backend].heldChains(rules[backend], changesOf(changes, backend))

const heldChainNote = ({ chain, program, table, rule }: HeldChain): string =>
  `Chain ${chain} (${program}, table ${table}) stays, empty: the foreign rule "${rule}" leads to it, and Portolan deletes no rule of others. Delete that rule, then run "portolan destroy" again.`

/**
 * Projects that have rules on a host and no network there: those of a live host, and whatever else names a project in
 * the comment of an element or rule of ours. A plan leaves them as they are.
 * @internal
 */
export const strayProjectNotes = (
  rules: HostRules,
  { interfaces }: HostFacts,
  project: string,
  written: (command: string) => string = (command) => command,
): readonly string[] => {
  const settled = new Set((interfaces ?? []).map(({ alias }) => parseBridgeAlias(alias)?.project))
  const strays = new Set(projectsInRules(rules).filter((one) => one !== project && !settled.has(one)))
  return [...strays]
    .toSorted()
    .map(
      (one) =>
        `Project ${one} has rules among Portolan's on this host, and no network. This plan leaves them. Unless a live host keeps them, "${written(`portolan destroy -p ${one}`)}" removes them.`,
    )
}
