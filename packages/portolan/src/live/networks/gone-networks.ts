import type { LiveRules } from '../rules/live-rules.ts'

/** The networks that are wanted of a project and have no bridge, as the host was read last. */
export const goneNetworks = ({
  project,
  bridges,
  wanted,
}: Pick<LiveRules, 'project' | 'bridges' | 'wanted'>): readonly string[] => {
  const there = new Set(bridges.filter((one) => one.project === project).map(({ network }) => network))
  return wanted.networks().flatMap(({ network: { name } }) => (there.has(name) ? [] : [name]))
}
