import { guardForwardingPart, type NetfilterRuleset, ownerOf } from '@portolan/netfilter'
import { managedPartOf } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../../../contract/index.ts'
import { isOurs } from '../follow/is-ours.ts'
import type { Finding } from './finding.ts'

/**
 * Whether a finding comes from the guard of another project's network: it drops sources of its subnet that did not come
 * in by its bridge. Then a route leads elsewhere, or the bridge is down or gone. Such a finding is left out. The plan
 * of that project reports it (`SubnetOverlap`) or mends it, and a watch of this project would report each repair there
 * as a conflict.
 */
export const isGuardOfAnother = (
  { project, networks }: DesiredState,
  { step, network, rows: [row] }: Finding,
): boolean => {
  if (step === null || step.rule === null || !isOurs(step)) return false
  if (step.deed.kind !== 'drop' && step.deed.kind !== 'may-drop') return false
  const managed = managedPartOf(step.rule)
  if (managed === null || managed.project === project) return false
  if (managed.name === guardForwardingPart || managed.name.includes(' -> ')) return false
  // On the bridge of another engine that both projects joined, any rule of the other project may drop the packets.
  const isJoined = (bridge: string | null | undefined): boolean =>
    networks.some((one) => one.external && one.bridge === bridge)
  return !network.external && !isJoined(row?.in)
}

/** The tool that holds the rules of a project; null: it has none. */
export const toolOf = (project: string, rulesets: readonly NetfilterRuleset[]): string | null => {
  for (const { tables } of rulesets)
    for (const table of tables)
      for (const chain of table.chains)
        if (
          ownerOf(table, chain, null) === 'portolan' &&
          chain.rules.some((rule) => managedPartOf(rule)?.project === project)
        )
          return table.tool
  return null
}
