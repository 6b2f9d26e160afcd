import { guardForwardingPart, type NetfilterRuleset, ownerOf } from '@portolan/netfilter'
import { managedPartOf } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../../contract/index.ts'
import type { Finding } from './finding.ts'
import { isOurs } from './is-ours.ts'

/**
 * Says of a finding whether another project's network is at fault: its guard drops sources of its subnet that came in by
 * another way than its bridge. Then a route leads there, or the bridge is down or gone. Both are told where that project is
 * planned (`SubnetOverlap`), or mended by its plan, and a watch of this project would tell each repair of the other one as a
 * conflict.
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
  // On the bridge of another engine that both joined, any rule of that project may be what drops them.
  const isJoined = (bridge: string | null | undefined): boolean =>
    networks.some((one) => one.external && one.bridge === bridge)
  return !network.external && !isJoined(row?.in)
}

/** The tool that the rules of a project are of; null: it has none. */
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
