import { dropZone, tryParseAddress, tryParseInterfaceAddress, tryParsePrefix } from '../address/index.ts'
import { closestOf, didYouMean, ParseError, parseJson } from '../error/index.ts'
import type { HostFacts } from './host-facts.ts'

/** What a value must be: a test, and the words for it. */
interface Check {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

type Shape = Check | readonly [Shape] | { readonly [key: string]: Shape }

const nullable = (check: Check): Check => ({
  expected: `${check.expected} or null`,
  holds: (value) => value === null || check.holds(value),
})
const string: Check = { expected: 'a string', holds: (value) => typeof value === 'string' }
const boolean: Check = { expected: 'true or false', holds: (value) => typeof value === 'boolean' }
const integer: Check = { expected: 'a whole number', holds: (value) => Number.isInteger(value) }
const port: Check = {
  expected: 'a port from 0 to 65535',
  holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65535,
}
const oneOf = (...words: readonly string[]): Check => ({
  expected: `one of ${words.join(', ')}`,
  holds: (value) => typeof value === 'string' && words.includes(value),
})
const text = (expected: string, holds: (value: string) => boolean): Check => ({
  expected,
  holds: (value) => typeof value === 'string' && holds(value),
})
const address = text('an IP address', (value) => tryParseAddress(value) !== null)
/** As resolv.conf has it: a link-local nameserver carries its interface. */
const nameserver = text('an IP address', (value) => tryParseAddress(dropZone(value)) !== null)
const prefix = text(
  'a prefix such as 10.0.0.0/8',
  (value) => tryParsePrefix(value) !== null || tryParseAddress(value) !== null,
)
/** What an engine hands out: a prefix, or the first and the last address. */
const addressRange = text('a prefix, or a range such as 10.0.0.128-10.0.0.254', (value) => {
  const ends = value.split('-')
  return prefix.holds(value) || (ends.length === 2 && ends.every((end) => tryParseAddress(end) !== null))
})
const destination = text(
  'default or a prefix such as 10.0.0.0/8',
  (value) => value === 'default' || prefix.holds(value),
)
const interfaceAddress = text(
  'an address with its prefix length, such as 192.0.2.2/24',
  (value) => tryParseInterfaceAddress(value) !== null,
)
/** What reads the definitions of other engines' networks calls them. Any other word is a name too, for messages. */
const engines = ['cni', 'docker', 'libvirt', 'netplan', 'podman', 'systemd-networkd', 'tailscale']
const engine: Check = {
  expected: `the name of an engine (${engines.join(', ')})`,
  holds: (value) =>
    typeof value === 'string' && (engines.includes(value) || closestOf(value, engines) === null),
}
const words: Check = {
  expected: 'an object of strings',
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === 'string'),
}

const shape: Shape = {
  interfaces: [
    {
      name: string,
      index: integer,
      up: boolean,
      kind: string,
      master: nullable(string),
      mtu: integer,
      mac: string,
      hairpin: boolean,
      isolated: boolean,
      nfCallIptables: boolean,
      nfCallIp6tables: boolean,
      alias: string,
      addresses: [interfaceAddress],
      autoconfigured: boolean,
    },
  ],
  routes: [
    {
      destination,
      gateway: nullable(address),
      interface: nullable(string),
      table: integer,
      type: string,
      scope: string,
      metric: integer,
      source: nullable(address),
      protocol: string,
    },
  ],
  rules: [
    {
      family: oneOf('ip', 'ip6'),
      priority: integer,
      table: integer,
      from: nullable(prefix),
      to: nullable(prefix),
      in: nullable(string),
      out: nullable(string),
      mark: integer,
      mask: integer,
      action: string,
      invert: boolean,
      suppressPrefixLength: integer,
      gotoPriority: integer,
      other: [string],
    },
  ],
  neighbours: [{ address, interface: string, state: string }],
  nameservers: [nameserver],
  sockets: [
    {
      protocol: oneOf('tcp', 'udp', 'sctp'),
      address,
      port,
      process: string,
      v6only: boolean,
      interface: nullable(string),
    },
  ],
  flows: [
    {
      protocol: oneOf('tcp', 'udp', 'sctp'),
      source: address,
      sourcePort: port,
      destination: address,
      destinationPort: port,
      answeredBy: { address, port },
    },
  ],
  sysctls: words,
  networks: [
    {
      engine,
      name: string,
      subnets: [prefix],
      bridge: string,
      gateways: [address],
      ranges: [addressRange],
      used: [{ address, by: string }],
      file: string,
    },
  ],
  enginePools: [{ engine, base: prefix, size: integer, file: string }],
  machineId: string,
  unread: [string],
}

/**
 * Reads facts of a host from JSON, as `portolan inspect` prints them. Keys it does not know are kept and ignored,
 * but for those that are misspelt: what was meant would be missing in silence.
 *
 * @param source - what to call the text in errors: a file name
 * @throws ParseError for what is no JSON (with line and column), or a value of the wrong kind or a misspelt key (with its path)
 * @example
 * parseHostFacts('{"nameservers": ["10.0.0.2"]}', 'host.json').nameservers // ['10.0.0.2']
 * @public @since 0.1.0
 */
export const parseHostFacts = (json: string, source: string): HostFacts => {
  const value = parseJson(
    json,
    source,
    (found) => `expected host facts as JSON, as \`portolan inspect\` prints them: ${found}`,
  )
  check(value, shape, '', source)
  return value as HostFacts
}

const check = (value: unknown, wanted: Shape, path: string, source: string): void => {
  if (isCheck(wanted)) {
    if (!wanted.holds(value)) throw wrong(path, wanted.expected, value, source)
  } else if (Array.isArray(wanted)) {
    if (!Array.isArray(value)) throw wrong(path, 'a list', value, source)
    for (const [index, one] of value.entries()) check(one, wanted[0], `${path}[${index}]`, source)
  } else {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(path, 'an object', value, source)
    for (const [key, one] of Object.entries(value)) {
      const inner = Object.hasOwn(wanted, key)
        ? (wanted as { readonly [key: string]: Shape })[key]
        : undefined
      if (inner === undefined) refuseMisspelt(key, Object.keys(wanted), path, source)
      else check(one, inner, path === '' ? key : `${path}.${key}`, source)
    }
  }
}

const refuseMisspelt = (key: string, known: readonly string[], path: string, source: string): void => {
  const hint = didYouMean(key, known)
  if (hint === '') return
  const where = path === '' ? 'the whole file' : path
  throw new ParseError(`${where}: the key "${key}" is unknown${hint}`, { source, line: 1, column: 1 }, key)
}

const isCheck = (wanted: Shape): wanted is Check => typeof (wanted as Partial<Check>).holds === 'function'

const wrong = (path: string, expected: string, value: unknown, source: string): ParseError => {
  const found = JSON.stringify(value) ?? 'nothing'
  const shown = found.length > 60 ? `${found.slice(0, 60)}...` : found
  const where = path === '' ? 'the whole file' : path
  return new ParseError(
    `${where}: expected ${expected}, found ${shown}`,
    { source, line: 1, column: 1 },
    shown,
  )
}
