import type { HostFacts } from '@portolan/netfilter'
import { localPortRange } from '@portolan/netfilter/sysctls'
import type { DesiredMapping, DesiredState } from '../contract/index.ts'
import { aboutMapping, type Conflict, culpritOutsideRules } from './conflict.ts'
import { sysctlCommands } from './remedy/sysctl-command.ts'

/**
 * Host ports that the kernel may give to a client on this host: while one has it, a server that wants the port does
 * not get it, and what clients on other machines send to it is the mapping's all the same.
 * @example
 * findPortsInEphemeralRange({ project: 'shop', mappings: [] }, {}) // []
 * @public @since 0.1.0
 */
export const findPortsInEphemeralRange = (
  { project, mappings }: Pick<DesiredState, 'project' | 'mappings'>,
  facts: HostFacts,
): readonly Conflict[] => {
  if (facts.sysctls?.[range] === undefined) return []
  const { first, last } = localPortRange(facts)
  const before = (facts.sysctls[reservedPorts] ?? '').trim()
  const reserved = parseReserved(before)
  // The same for all: a project may have fifty thousand such ports.
  const told: Told = {
    before,
    limits: `${first} to ${last}`,
    culprit: culpritOutsideRules('sysctl', `${range} = ${first} ${last}`),
  }
  return mappings.flatMap((mapping) => {
    const { hostPort, kind } = mapping
    const isGivenOut = hostPort >= first && hostPort <= last && !reserved.some((one) => holds(one, hostPort))
    return kind === 'nat' && isGivenOut ? [portInEphemeralRange(project, mapping, told)] : []
  })
}

const range = 'net.ipv4.ip_local_port_range'
const reservedPorts = 'net.ipv4.ip_local_reserved_ports'

interface Told {
  readonly before: string
  readonly limits: string
  readonly culprit: Conflict['culprit']
}

const portInEphemeralRange = (
  project: string,
  mapping: DesiredMapping,
  { before, limits, culprit }: Told,
): Conflict => {
  const { label, hostPort } = mapping
  return {
    kind: 'PortInEphemeralRange',
    severity: 'info',
    certainty: 'certain',
    ...aboutMapping(project, mapping),
    message: `Port ${hostPort} of ${label} is one of those the kernel gives to clients on this host (${range}, ${limits}). The port alone does not tell such a client from the mapping.`,
    witness: null,
    culprit,
    remedy: {
      text: `Publish on a port outside the range, or keep the kernel from giving it out, also at boot (sysctl.d(5)).`,
      commands: sysctlCommands(reservedPorts, [...(before === '' ? [] : [before]), hostPort].join(',')),
    },
    trace: [],
  }
}

/** `1000,2000-2010` (Documentation/networking/ip-sysctl.rst). */
const parseReserved = (text: string): readonly (readonly [number, number])[] =>
  text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return [first, last] as const
    })

const holds = ([first, last]: readonly [number, number], port: number): boolean =>
  first <= port && port <= last
