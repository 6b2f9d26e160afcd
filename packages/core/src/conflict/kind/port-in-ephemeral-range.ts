import type { HostFacts } from '@portolan/netfilter'
import { localPortRange } from '@portolan/netfilter/sysctls'
import type { DesiredMapping, DesiredState } from '../../contract/index.ts'
import {
  aboutMapping,
  type Conflict,
  type Culprit,
  culpritOutsideRules,
  type MappingConflict,
} from '../conflict.ts'
import { sysctlCommands } from '../remedy/sysctl-command.ts'

/**
 * Finds host ports that the kernel may give to a client on this host. While a client has such a port, a server cannot
 * bind it. Packets from other machines to the port still go to the mapping.
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
  // One culprit for all: a project may have fifty thousand such ports.
  const culprit = culpritOutsideRules('sysctl', `${range} = ${first} ${last}`)
  textValues.set(culprit, { limits: `${first} to ${last}`, before })
  return mappings.flatMap((mapping) => {
    const { hostPort, kind } = mapping
    const isGivenOut = hostPort >= first && hostPort <= last && !reserved.some((one) => holds(one, hostPort))
    return kind === 'nat' && isGivenOut ? [portInEphemeralRange(project, mapping, culprit)] : []
  })
}

const range = 'net.ipv4.ip_local_port_range'
const reservedPorts = 'net.ipv4.ip_local_reserved_ports'

/** The values in the texts of all ports of one search. */
interface TextValues {
  readonly limits: string
  /** The ports that are reserved already, as the sysctl lists them. */
  readonly before: string
}

/**
 * Makes a conflict that builds its texts only when they are read. The texts of fifty thousand ports take three times
 * the memory of everything else about them.
 */
const portInEphemeralRange = (project: string, mapping: DesiredMapping, culprit: Culprit): Conflict => {
  const { mapping: label, network, published } = aboutMapping(project, mapping)
  const wordless: Omit<MappingConflict, 'message' | 'remedy'> = {
    kind: 'PortInEphemeralRange',
    severity: 'info',
    certainty: 'certain',
    // The fields are listed one by one: a spread object takes extra memory for each of ten thousand ports.
    mapping: label,
    network,
    published,
    witness: null,
    culprit,
    trace,
  }
  return Object.defineProperties(wordless, words) as MappingConflict
}

/** The trace of all these conflicts: no rule is met. */
const trace: MappingConflict['trace'] = []

/** By the culprit that all conflicts of one search share. */
const textValues = new WeakMap<Culprit, TextValues>()

const textValuesOf = ({ culprit }: MappingConflict): TextValues =>
  (culprit && textValues.get(culprit)) ?? { limits: '', before: '' }

/** The getters that all these conflicts share: own ones for each would take as much memory as the texts. */
const words: PropertyDescriptorMap = {
  message: {
    enumerable: true,
    get(this: MappingConflict) {
      const { hostPort } = this.published
      return `Port ${hostPort} of ${this.mapping} is one of those the kernel gives to clients on this host (${range}, ${textValuesOf(this).limits}). The port alone does not tell such a client from the mapping.`
    },
  },
  remedy: {
    enumerable: true,
    get(this: MappingConflict) {
      const { before } = textValuesOf(this)
      const reserved = [...(before === '' ? [] : [before]), this.published.hostPort].join(',')
      return {
        text: 'Publish on a port outside the range, or keep the kernel from giving it out, also at boot (sysctl.d(5)).',
        commands: sysctlCommands(reservedPorts, reserved),
      }
    },
  },
}

/** Parses a list of ports and ranges: `1000,2000-2010` (Documentation/networking/ip-sysctl.rst). */
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
