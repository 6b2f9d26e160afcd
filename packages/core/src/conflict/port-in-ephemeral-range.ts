import type { HostFacts } from '@portolan/netfilter'
import { localPortRange } from '@portolan/netfilter/sysctls'
import type { DesiredMapping, DesiredState } from '../contract/index.ts'
import {
  aboutMapping,
  type Conflict,
  type Culprit,
  culpritOutsideRules,
  type MappingConflict,
} from './conflict.ts'
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
  const culprit = culpritOutsideRules('sysctl', `${range} = ${first} ${last}`)
  told.set(culprit, { limits: `${first} to ${last}`, before })
  return mappings.flatMap((mapping) => {
    const { hostPort, kind } = mapping
    const isGivenOut = hostPort >= first && hostPort <= last && !reserved.some((one) => holds(one, hostPort))
    return kind === 'nat' && isGivenOut ? [portInEphemeralRange(project, mapping, culprit)] : []
  })
}

const range = 'net.ipv4.ip_local_port_range'
const reservedPorts = 'net.ipv4.ip_local_reserved_ports'

interface Told {
  readonly limits: string
  /** The ports that are reserved already. */
  readonly before: string
}

/**
 * A conflict that gets its words where they are read: those of fifty thousand ports take three times the room of all else
 * that is known of them.
 */
const portInEphemeralRange = (project: string, mapping: DesiredMapping, culprit: Culprit): Conflict => {
  const { mapping: label, network, published } = aboutMapping(project, mapping)
  const wordless: Omit<MappingConflict, 'message' | 'remedy'> = {
    kind: 'PortInEphemeralRange',
    severity: 'info',
    certainty: 'certain',
    // Written out: what is spread into an object takes room beside it, for each of ten thousand ports.
    mapping: label,
    network,
    published,
    witness: null,
    culprit,
    trace,
  }
  return Object.defineProperties(wordless, words) as MappingConflict
}

/** No rule is met: one list for all of them. */
const trace: MappingConflict['trace'] = []

/** What is said of all ports of one search, by what causes their conflicts. */
const told = new WeakMap<Culprit, Told>()

const toldOf = ({ culprit }: MappingConflict): Told =>
  (culprit && told.get(culprit)) ?? { limits: '', before: '' }

/** The same functions for all: an own one for each would take as much room as its words. */
const words: PropertyDescriptorMap = {
  message: {
    enumerable: true,
    get(this: MappingConflict) {
      const { hostPort } = this.published
      return `Port ${hostPort} of ${this.mapping} is one of those the kernel gives to clients on this host (${range}, ${toldOf(this).limits}). The port alone does not tell such a client from the mapping.`
    },
  },
  remedy: {
    enumerable: true,
    get(this: MappingConflict) {
      const { before } = toldOf(this)
      const reserved = [...(before === '' ? [] : [before]), this.published.hostPort].join(',')
      return {
        text: 'Publish on a port outside the range, or keep the kernel from giving it out, also at boot (sysctl.d(5)).',
        commands: sysctlCommands(reservedPorts, reserved),
      }
    },
  },
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
