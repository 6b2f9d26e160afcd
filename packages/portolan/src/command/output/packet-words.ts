import {
  entryOf,
  type Family,
  formatAddress,
  type HostFacts,
  InvalidRequestError,
  type Packet,
  protocolOf,
  tryParseAddress,
} from '@portolan/netfilter'
import { interfaceNames, mayHave, noSuchInterface } from '../attach/known-interfaces.ts'
import type { Options } from '../options/option-table.ts'

/**
 * The packet that `--from`, `--to` and `--in` describe.
 * @throws InvalidRequestError for what is no address, port, protocol or interface of the host
 */
export const readPacketWords = (options: Pick<Options, 'from' | 'to' | 'in'>, facts: HostFacts): Packet => {
  if (options.to === undefined) throw wrong('--to is missing', toForm)
  const [end = '', ...more] = options.to.split('/')
  const [protocol = 'tcp', ...rest] = more
  if (rest.length > 0) throw wrong(`--to ${options.to}`, toForm)
  const number = protocolOf(protocol)
  if (number === null)
    throw wrong(
      `--to ${options.to}: "${protocol}" is not a protocol`,
      'tcp, udp, sctp, icmp, icmpv6 or a number',
    )
  const to = readEnd('--to', options.to, end, toForm)
  const needsPort = withPorts.has(number)
  if (needsPort && to.port === null) throw wrong(`--to ${options.to}: a port is missing`, toForm)
  if (!needsPort && to.port !== null)
    throw new InvalidRequestError(`--to ${options.to}: ${protocol} has no ports. Leave ":${to.port}" out.`)
  const from = options.from === undefined ? null : readEnd('--from', options.from, options.from, fromForm)
  if (from !== null && from.family !== to.family)
    throw new InvalidRequestError(
      `--from ${options.from} and --to ${options.to} are of two families: an IPv4 packet has two IPv4 addresses, an IPv6 packet two IPv6 addresses.`,
    )
  return {
    family: to.family,
    in: entryInterface(options, from?.address ?? null, facts),
    source: from?.address ?? null,
    // A port is set, so that the story speaks of no range of ports that the user did not mention.
    sourcePort: from?.port ?? (needsPort ? firstDynamicPort : null),
    destination: to.address,
    destinationPort: to.port,
    protocol,
  }
}

const toForm = '192.0.2.2:8080/tcp, [2001:db8::2]:8080/tcp or 192.0.2.2/icmp'
const fromForm = '198.51.100.7, 198.51.100.7:40000 or [2001:db8::7]:40000'

/** The first of the ports that programs get if they choose none (RFC 6335, section 6). */
const firstDynamicPort = 49152

/** tcp, dccp, udp, sctp and udplite. */
const withPorts: ReadonlySet<number> = new Set([6, 33, 17, 132, 136])

const wrong = (what: string, expected: string): InvalidRequestError =>
  new InvalidRequestError(`${what}: expected ${expected}.`)

interface End {
  readonly family: Family
  readonly address: string
  readonly port: number | null
}

const readEnd = (option: string, written: string, end: string, form: string): End => {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(end) ?? []
  const text = bracketed ?? plain ?? end
  const parsed = tryParseAddress(text)
  if (parsed === null) throw wrong(`${option} ${written}: "${text}" is not an IP address`, form)
  const port = digits === undefined ? null : Number(digits)
  if (port !== null && port > 65535)
    throw wrong(`${option} ${written}: port ${port}`, 'a port from 0 to 65535')
  return { family: parsed.family, address: formatAddress(parsed), port }
}

const entryInterface = (
  { from, in: named }: Pick<Options, 'from' | 'in'>,
  address: string | null,
  facts: HostFacts,
): string | null => {
  if (named !== undefined) {
    if (address === null) throw wrong(`--in ${named} needs a sender`, `--from ${fromForm}`)
    if (!mayHave(interfaceNames(facts), named))
      throw new InvalidRequestError(`--in ${named}: ${noSuchInterface(facts)}.`)
    return named
  }
  if (address === null) return null
  const entry = entryOf(facts, address)
  if (entry.kind === 'host') return null
  if (entry.kind === 'interface') return entry.name
  throw new InvalidRequestError(
    `no route of the host leads back to ${from}, so where it comes in is not known. Name the interface with --in${facts.interfaces === undefined ? ', or give the facts of the host with --host' : ''}.`,
  )
}
