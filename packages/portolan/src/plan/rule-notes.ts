import { type HeldChain, parseBridgeAlias } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { projectsInRules } from '../host-rules/projects-in-rules.ts'
import { changesOf } from './changes-of.ts'
import type { PlanChange } from './plan.ts'

/**
 * Notes on managed chains that stay, empty, after the changes: a foreign rule leads to them.
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
 * Notes on projects that have rules on a host and no network there: those of a live host, and any other that a comment
 * of a managed rule or element names. A plan leaves them.
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
