import type { LiveRules } from '../rules/live-rules.ts'

/** The wanted networks of a project that had no bridge when the host was last read. */
export const goneNetworks = ({
  project,
  bridges,
  wanted,
}: Pick<LiveRules, 'project' | 'bridges' | 'wanted'>): readonly string[] => {
  const there = new Set(bridges.filter((one) => one.project === project).map(({ network }) => network))
  return wanted.networks().flatMap(({ network: { name } }) => (there.has(name) ? [] : [name]))
}
