import type { DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'

/**
 * A project of mappings only: the networks they lead to belong to others.
 * @internal
 */
export const mappingsAlone = (project: string, mappings: readonly DesiredMapping[]): DesiredState | null =>
  mappings.length === 0 ? null : { project, networks: [], endpoints: [], mappings, guardForwarding: false }

/**
 * What is published: of the project itself what is in force, of others also what comes back.
 *
 * The own ports that were known once may have been taken back since; the keeper of the book knows.
 * @internal
 */
export const portsOf = (
  project: string,
  inForce: readonly PublishedPort[],
  mended: readonly PublishedPort[],
): readonly PublishedPort[] => [
  ...inForce.filter((port) => port.project === project),
  ...mended.filter((port) => port.project !== project),
]

/**
 * @throws PortolanError `RULES_LOST` when rules are missing that neither the host nor this process can tell
 * @internal
 */
export const refuseLost = (lost: readonly string[]): void => {
  const [first] = lost
  if (first === undefined) return
  throw new PortolanError(
    'RULES_LOST',
    `Another program removed rules of Portolan, and what they were is not known: ${first} Ports that were open to some clients only could be open to all now. Nothing was changed. Run "portolan apply" for each project of this host, then try again.`,
  )
}
