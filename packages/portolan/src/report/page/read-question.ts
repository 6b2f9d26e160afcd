import { entryOf, formatAddress, type HostFacts, type Packet, tryParseAddress } from '@portolan/netfilter'

/** The text in the fields of the form. */
export interface Question {
  /** A process on the host sends the packet, so the form asks for no source. */
  readonly isByHost: boolean
  readonly source: string
  readonly sourcePort: string
  /** The interface by which the packet comes in; empty: the interface by which the answer leaves. */
  readonly entry: string
  readonly destination: string
  readonly destinationPort: string
  readonly protocol: string
}

/** The field that has a mistake, and the words for it. */
export interface Mistake {
  readonly field: 'source' | 'source-port' | 'entry' | 'destination' | 'destination-port'
  readonly message: string
}

export type Read =
  | { readonly kind: 'packet'; readonly packet: Packet }
  | ({ readonly kind: 'mistake' } & Mistake)

/**
 * The first of the ports that programs get if they choose none (RFC 6335, section 6). `portolan explain` takes the
 * same.
 */
const firstDynamicPort = 49152

const withPorts: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp'])

/** Reads the packet that the form describes, as `portolan explain` reads the same words. */
export const readQuestion = (question: Question, facts: HostFacts): Read => {
  const { isByHost, protocol, entry } = question
  const destination = tryParseAddress(question.destination.trim())
  if (destination === null) return mistake('destination', notAnAddress('destination', question.destination))
  const source = isByHost ? null : tryParseAddress(question.source.trim())
  if (!isByHost && source === null) return mistake('source', notAnAddress('source', question.source))
  if (source !== null && source.family !== destination.family)
    return mistake(
      'source',
      'Source and destination are of two families. Give both an IPv4 address, or both an IPv6 address.',
    )
  const hasPorts = withPorts.has(protocol)
  const port = portOf(question.destinationPort)
  if (hasPorts && port === null) return mistake('destination-port', notAPort('destination'))
  const from = question.sourcePort.trim() === '' ? firstDynamicPort : portOf(question.sourcePort)
  if (hasPorts && !isByHost && from === null) return mistake('source-port', notAPort('source'))
  const interfaces = (facts.interfaces ?? []).flatMap(({ name }) => name ?? [])
  if (!isByHost && entry !== '' && interfaces.length > 0 && !interfaces.includes(entry))
    return mistake(
      'entry',
      `The host has no interface ${entry} as yet. Choose another one, or the rules as apply would leave them.`,
    )
  const sender = source === null ? null : formatAddress(source)
  const by =
    entry !== '' || sender === null ? { kind: 'interface' as const, name: entry } : entryOf(facts, sender)
  if (by.kind === 'unknown')
    return mistake(
      'source',
      `No route of the host leads back to ${sender}. Choose the interface it comes in by.`,
    )
  return {
    kind: 'packet',
    packet: {
      family: destination.family,
      in: sender === null || by.kind === 'host' ? null : by.name,
      source: sender,
      sourcePort: hasPorts ? (isByHost ? firstDynamicPort : from) : null,
      destination: formatAddress(destination),
      destinationPort: hasPorts ? port : null,
      protocol,
    },
  }
}

const mistake = (field: Mistake['field'], message: string): Read => ({ kind: 'mistake', field, message })

const portOf = (text: string): number | null => {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 65_536
  return port > 65_535 ? null : port
}

const notAnAddress = (end: string, text: string): string =>
  text.trim() === ''
    ? `The ${end} is missing. Write an address such as 192.0.2.1 or 2001:db8::1.`
    : `The ${end} "${text.trim()}" is not an IP address. Write one such as 192.0.2.1 or 2001:db8::1.`

const notAPort = (end: string): string => `The ${end} needs a port from 0 to 65535.`
