import type { Conflict } from '@portolan/core'
import { PortolanError, visibleLine } from '@portolan/netfilter'
import { type DockerParts, dockerProject } from '../docker-parts.ts'

/**
 * Refuses to start a container that its network could not serve as promised. Conflicts of severity error count: those
 * of the network, and those of the ports of one endpoint.
 *
 * @param endpoint - null: only the conflicts of the network
 * @throws PortolanError `CONFLICTS`
 */
export const refuseConflicts = async (
  { host, force, report }: Pick<DockerParts, 'host' | 'force' | 'report'>,
  network: string,
  endpoint: string | null,
): Promise<void> => {
  const { conflicts } = await host.status()
  const blocking = (conflicts ?? []).filter(
    (conflict) =>
      conflict.severity === 'error' &&
      conflict.project === dockerProject &&
      concerns(conflict, network, endpoint),
  )
  if (blocking.length === 0) return
  if (force) {
    report(`network ${network}: ${blocking.map(wordsOf).join('\n')}`)
    return
  }
  throw new PortolanError('CONFLICTS', {
    problem: blocking.map(({ message }) => visibleLine(message)).join(' '),
    // Both families of a network have the same remedy, so it is printed once.
    remedy: () => [...new Set(blocking.map(remedyOf))].join('\n'),
  })
}

const concerns = (conflict: Conflict, network: string, endpoint: string | null): boolean =>
  conflict.mapping === null
    ? conflict.network === null || conflict.network === network
    : conflict.published.targets.some((one) => one.service === endpoint && one.network === network)

/** The remedy as text. Each command has a line of its own, so that it can be copied. */
const remedyOf = ({ remedy }: Conflict): string => [visibleLine(remedy.text), ...remedy.commands].join('\n')

const wordsOf = (conflict: Conflict): string => `${visibleLine(conflict.message)} ${remedyOf(conflict)}`
