import type { DesiredMapping } from '@portolan/core'
import { findHostPortTaken } from '@portolan/core/planning'
import { PortolanError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'

const portRange = 'net.ipv4.ip_local_port_range'

/**
 * @throws PortolanError `HOST_PORT_TAKEN` when a process of the host would lose its clients to the mapping
 * @internal
 */
export const refuseListener = async (
  project: string,
  mapping: DesiredMapping,
  { listeners, sysctls }: Pick<LiveMachine, 'listeners' | 'sysctls'>,
): Promise<void> => {
  const sockets = await listeners.on(mapping.protocol, mapping.hostPort, mapping.family)
  if (sockets.length === 0) return
  const range = sysctls.read(portRange)
  const facts = { sockets, ...(range === null ? {} : { sysctls: { [portRange]: range } }) }
  const taken = findHostPortTaken({ project, mappings: [mapping] }, facts).find(
    ({ severity }) => severity === 'error',
  )
  if (taken === undefined) return
  throw new PortolanError(
    'HOST_PORT_TAKEN',
    `${taken.message} ${taken.remedy.text} To publish it all the same, ask with "force".`,
  )
}
