import type { DesiredMapping } from '@portolan/core'
import { findHostPortTaken } from '@portolan/core/planning'
import { PortolanError } from '@portolan/netfilter'
import type { LiveMachine } from '../live-machine.ts'

const portRange = 'net.ipv4.ip_local_port_range'

/**
 * @throws PortolanError `HOST_PORT_TAKEN` when a process of the host would lose its clients to one of the mappings
 * @internal
 */
export const refuseListeners = async (
  project: string,
  mappings: readonly DesiredMapping[],
  { listeners, sysctls, wording }: Pick<LiveMachine, 'listeners' | 'sysctls' | 'wording'>,
): Promise<void> => {
  const asked = new Map<string, { readonly mapping: DesiredMapping; readonly ports: Set<number> }>()
  for (const mapping of mappings) {
    const key = `${mapping.protocol} ${mapping.family}`
    const { ports } = asked.get(key) ?? { ports: new Set<number>() }
    asked.set(key, { mapping, ports: ports.add(mapping.hostPort) })
  }
  const found = await Promise.all(
    [...asked.values()].map(({ mapping: { protocol, family, hostPort }, ports }) =>
      listeners.on(protocol, ports.size === 1 ? hostPort : ports, family),
    ),
  )
  const sockets = found.flat()
  if (sockets.length === 0) return
  const range = sysctls.read(portRange)
  const facts = { sockets, ...(range === null ? {} : { sysctls: { [portRange]: range } }) }
  const taken = findHostPortTaken({ project, mappings }, facts).find(({ severity }) => severity === 'error')
  if (taken === undefined) return
  throw new PortolanError(
    'HOST_PORT_TAKEN',
    {
      problem: taken.message,
      remedy: ({ force }) => `${taken.remedy.text} To publish it all the same, ${force}.`,
    },
    { wording },
  )
}
