import type { Conflict } from '@portolan/core'
import { PortolanError, visibleLine } from '@portolan/netfilter'
import { type DockerParts, dockerProject } from '../docker-parts.ts'

/**
 * A container that could not be reached, or reach, as its network promises is not started: conflicts of severity error
 * of a network, and of the ports of one of its endpoints.
 *
 * @param endpoint - null: those of the network alone
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
      isOf(conflict, network, endpoint),
  )
  if (blocking.length === 0) return
  if (force) {
    report(`network ${network}: ${blocking.map(wordsOf).join('\n')}`)
    return
  }
  throw new PortolanError('CONFLICTS', {
    problem: blocking.map(({ message }) => visibleLine(message)).join(' '),
    // Both families of a network have the same one.
    remedy: () => [...new Set(blocking.map(remedyOf))].join('\n'),
  })
}

const isOf = (conflict: Conflict, network: string, endpoint: string | null): boolean =>
  conflict.mapping === null
    ? conflict.network === null || conflict.network === network
    : conflict.published.targets.some((one) => one.service === endpoint && one.network === network)

/** Each command is on a line of its own, so that it can be copied. */
const remedyOf = ({ remedy }: Conflict): string => [visibleLine(remedy.text), ...remedy.commands].join('\n')

const wordsOf = (conflict: Conflict): string => `${visibleLine(conflict.message)} ${remedyOf(conflict)}`
