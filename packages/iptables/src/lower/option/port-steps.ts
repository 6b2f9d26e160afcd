import {
  bitwise,
  compare,
  type Expression,
  field,
  type MatchStep,
  oneOf,
  portProtocols,
  protocolNumber,
  type ValueSet,
} from '@portolan/netfilter'
import type { MultiportMatch, PortMatch, PortSpan } from '../../model/option/match.ts'

export const portSet = (ports: readonly PortSpan[]): ValueSet => ({
  kind: 'ranges',
  ranges: ports.map(({ first, last }) => ({ first, last })),
})

export const tcpFlagBits: Readonly<Record<string, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
}

const bits = (flags: string): number =>
  flags.split(',').reduce((sum, flag) => sum | (tcpFlagBits[flag] ?? (flag === 'ALL' ? 63 : 0)), 0)

const protocols: Readonly<Record<string, readonly number[]>> = {
  tcp: [protocolNumber.tcp],
  udp: [protocolNumber.udp],
  udplite: [protocolNumber.udplite],
  sctp: [protocolNumber.sctp],
  dccp: [protocolNumber.dccp],
}

/** The source and destination port of one protocol's module. */
export const portFields = (module: string): PortFields => fieldsOf[module] ?? newFields([])

interface PortFields {
  readonly source: Expression
  readonly destination: Expression
}

const newFields = (of: readonly number[]): PortFields => ({
  source: field('sport', { protocols: of }),
  destination: field('dport', { protocols: of }),
})

/** Made once: a hundred thousand rules may use them. */
const fieldsOf: Readonly<Record<string, PortFields>> = Object.fromEntries(
  Object.entries(protocols).map(([module, of]) => [module, newFields(of)]),
)

/** The header of the module's protocol must be present, whatever its content. A later fragment has none. */
export const hasHeader = (module: string): MatchStep => compare(portFields(module).source, { kind: 'any' })

/**
 * The steps for one destination port, by module and port. The mappings of both families share them, so each is made
 * once.
 */
export type KnownPorts = Map<PortMatch['module'], Map<number, MatchStep>>

/** Lowers `-m tcp` and its like. */
export const portSteps = (match: PortMatch, known: KnownPorts): readonly MatchStep[] => {
  const { module, source, destination, flags } = match
  const isUsual = source === null && flags === null && destination?.negated === false
  if (!isUsual || destination.first !== destination.last) return stepsOf(match)
  const ofModule = known.get(module) ?? new Map<number, MatchStep>()
  known.set(module, ofModule)
  const { first: port } = destination
  const step = ofModule.get(port) ?? compare(portFields(module).destination, oneOf(port))
  ofModule.set(port, step)
  return [step]
}

const stepsOf = ({ module, source, destination, flags }: PortMatch): readonly MatchStep[] => {
  const fields = portFields(module)
  const steps: MatchStep[] = []
  if (source !== null) steps.push(compare(fields.source, portSet([source]), source.negated))
  if (destination !== null)
    steps.push(compare(fields.destination, portSet([destination]), destination.negated))
  if (flags !== null) {
    const set = field('tcp-flags', { protocols: [protocolNumber.tcp] })
    steps.push(compare(bitwise('and', set, bits(flags.mask)), oneOf(bits(flags.set)), flags.negated))
  }
  return steps.length === 0 ? [hasHeader(module)] : steps
}

/** Lowers `-m multiport`; `--ports` tests either of the two ports (net/netfilter/xt_multiport.c). */
export const multiportStep = ({ side, ports, negated }: MultiportMatch): MatchStep => {
  const set = portSet(ports)
  const of = { protocols: portProtocols }
  if (side === 'source') return compare(field('sport', of), set, negated)
  if (side === 'destination') return compare(field('dport', of), set, negated)
  return {
    kind: 'any-of',
    alternatives: [[compare(field('sport', of), set)], [compare(field('dport', of), set)]],
    negated,
  }
}
