import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { type AttachedPort, attachedPorts } from './attached-ports.ts'

/**
 * Removes the veth pairs of an endpoint, on the host and inside.
 *
 * @param network - the network to leave; null: all networks of the project
 */
export const removeAttached = async (
  rules: LiveRules,
  { links }: Pick<LiveMachine, 'links'>,
  {
    project,
    network,
    endpoint,
  }: { readonly project: string; readonly network: string | null; readonly endpoint: string },
): Promise<readonly AttachedPort[]> => {
  await rules.readFacts()
  const found = attachedPorts(rules.facts).filter(
    ({ mark }) =>
      mark.project === project &&
      mark.endpoint === endpoint &&
      (network === null || mark.network === network),
  )
  for (const { name } of found) await links.deleteEndpointLink(name)
  return found
}
