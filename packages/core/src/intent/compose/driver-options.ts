import { formatAddress, tryParseAddress, unmapAddress } from '@portolan/netfilter'
import { closestOf, didYouMean } from '@portolan/netfilter/text'
import type { GatewayMode } from '../intent.ts'
import { readInterfaceName } from './names.ts'
import { type Reading, readEngineBoolean, readInteger, readText, startReading } from './reading.ts'
import { asMap, type Entry, entriesOf, get, getGiven, type MapTree, refuse, type Tree } from './tree.ts'

/** The settings in `driver_opts` of a bridge network; null: not set there. */
export interface DriverOptions {
  readonly bridge: string | null
  readonly icc: boolean
  readonly masquerade: boolean
  readonly hostBinding: string | null
  readonly mode: GatewayMode
  readonly mode6: GatewayMode
  readonly mtu: number | null
}

const bridge = 'com.docker.network.bridge.'
const mtuKey = 'com.docker.network.driver.mtu'
const modes: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated']
/** Options of Docker's bridge driver that Portolan honours. */
export const bridgeOptionNames: readonly string[] = [
  'name',
  'enable_icc',
  'enable_ip_masquerade',
  'host_binding_ipv4',
  'gateway_mode_ipv4',
  'gateway_mode_ipv6',
]
  .map((key) => bridge + key)
  .concat(mtuKey)

/** The network whose options are read. */
interface OptionsOf {
  readonly internal: boolean
  readonly hasIp4: boolean
  readonly hasIp6: boolean
  /** For a network on an interface only the options are read that such a network has too. */
  readonly build: 'bridge' | 'parented'
}

/** How the user writes them: in a Compose file, or behind `-o`. */
interface OptionWords {
  /** Stands before the name of an option. */
  readonly before: string
  readonly internal: string
  /** Gives the network a family. */
  readonly ip: string
  readonly ip6: string
}

/** Reads `driver_opts` of a network of a Compose file. */
export const readDriverOptions = (
  reading: Reading,
  network: MapTree | null,
  what: string,
  of: OptionsOf = { internal: false, hasIp4: true, hasIp6: false, build: 'bridge' },
): DriverOptions => {
  const path = `${what}.driver_opts`
  const options = asMap(get(network, 'driver_opts'), path)
  return readOptions(reading, options, of, {
    before: `${path}: `,
    internal: '`internal: true`',
    ip: '`enable_ipv4: true`',
    ip6: '`enable_ipv6: true`',
  })
}

/**
 * Reads options that are given apart from a file: `-o` of `docker network create`.
 *
 * @returns the settings, and `notes` that name options without an effect
 * @throws IntentError naming the option as `-o` takes it
 * @example
 * readBridgeOptions({ 'com.docker.network.driver.mtu': '1400' }, { internal: false, hasIp4: true, hasIp6: false }).mtu // 1400
 */
export const readBridgeOptions = (
  given: Readonly<Record<string, string>>,
  of: Pick<OptionsOf, 'internal' | 'hasIp4' | 'hasIp6'>,
): DriverOptions & { readonly notes: readonly string[] } => {
  const place = { source: 'docker network create', line: 1, column: 1 }
  const entries = Object.entries(given).map(([key, text]): [string, Entry] => [
    key,
    {
      keyPlace: place,
      // The text is not from a Compose file: its `$` is escaped, so that it is not read as a variable.
      value: {
        ...{ kind: 'scalar', text: text.replaceAll('$', '$$$$'), isNull: false, inset: null },
        ...{ place, tag: null },
      },
    },
  ])
  const { reading, notes } = startReading(() => undefined)
  const options = readOptions(
    reading,
    { kind: 'map', entries: new Map(entries), place, tag: null },
    { ...of, build: 'bridge' },
    {
      before: '-o ',
      internal: '`--internal`',
      ip: '`docker network create` with IPv4',
      ip6: '`docker network create` with IPv6',
    },
  )
  return { ...options, notes: notes.map(({ text }) => text) }
}

/**
 * Reads the options of Docker's bridge driver that Portolan honours. Other options of Docker's get a note, and unknown
 * ones are ignored.
 */
const readOptions = (
  reading: Reading,
  options: MapTree | null,
  { internal, hasIp4, hasIp6, build }: OptionsOf,
  words: OptionWords,
): DriverOptions => {
  const { before } = words
  for (const [key, entry] of entriesOf(build === 'bridge' ? options : null))
    if (
      !bridgeOptionNames.includes(key) &&
      (key.startsWith('com.docker.network.') || closestOf(key, bridgeOptionNames) !== null)
    )
      reading.note(`${before}${key} has no effect here${didYouMean(key, bridgeOptionNames)}`, entry.keyPlace)
  for (const [key, has, family, way] of [
    ['gateway_mode_ipv4', hasIp4, 'IPv4', words.ip],
    ['host_binding_ipv4', hasIp4, 'IPv4', words.ip],
    ['gateway_mode_ipv6', hasIp6, 'IPv6', words.ip6],
  ] as const) {
    const entry = build === 'bridge' ? options?.entries.get(bridge + key) : undefined
    if (!has && entry !== undefined && entry.value.tag !== 'reset')
      reading.note(
        `${before}${bridge}${key} has no effect: the network has no ${family}, which ${way} gives it`,
        entry.keyPlace,
      )
  }
  const read = <Option>(
    key: string,
    as: (reading: Reading, tree: Tree | null, what: string) => Option,
  ): Option => {
    const what = `${before}${bridge}${key}`
    return as(reading, build === 'bridge' ? getGiven(options, bridge + key, what) : null, what)
  }
  return {
    bridge: read('name', readBridgeName),
    icc: read('enable_icc', readEngineBoolean) ?? true,
    masquerade: read('enable_ip_masquerade', readEngineBoolean) ?? true,
    hostBinding: read('host_binding_ipv4', readHostBinding),
    mode: read('gateway_mode_ipv4', readMode(internal, words)),
    mode6: read('gateway_mode_ipv6', readMode(internal, words)),
    mtu: readMtu(reading, get(options, mtuKey), `${before}${mtuKey}`, hasIp6),
  }
}

const readBridgeName = (reading: Reading, tree: Tree | null, what: string): string | null => {
  const name = readText(reading, tree, what)
  return name === null ? null : readInterfaceName(name, what)
}

/**
 * At least 68 (include/uapi/linux/if_ether.h, ETH_MIN_MTU), and 1280 with IPv6, below which the kernel takes IPv6 off an
 * interface (net/ipv6/addrconf.c, IPV6_MIN_MTU). Docker takes 0 as "the default", which is null here.
 */
const readMtu = (reading: Reading, tree: Tree | null, what: string, hasIp6: boolean): number | null => {
  const mtu = readInteger(reading, tree, what, [0, 65535])
  if (tree === null || mtu === null || mtu === 0) return null
  if (mtu < 68) refuse(tree.place, `${what}: expected 68 to 65535, found ${mtu}`)
  if (hasIp6 && mtu < 1280) refuse(tree.place, `${what}: IPv6 needs an MTU of 1280 or more, found ${mtu}`)
  return mtu
}

/**
 * Docker takes 0.0.0.0 as "no particular address", which is null here. It takes an IPv4-mapped address as the IPv4
 * address inside.
 */
const readHostBinding = (reading: Reading, tree: Tree | null, what: string): string | null => {
  const value = readText(reading, tree, what)
  if (value === null) return null
  const written = tryParseAddress(value.text)
  const address = written === null ? null : unmapAddress(written)
  if (address?.family !== 'ip')
    return refuse(value.place, `${what}: expected an IPv4 address, found "${value.text}"`)
  return address.value === 0 ? null : formatAddress(address)
}

const readMode =
  (isInternal: boolean, words: OptionWords) =>
  (reading: Reading, tree: Tree | null, what: string): GatewayMode => {
    const value = readText(reading, tree, what)
    if (value === null) return 'nat'
    const mode = modes.find((name) => name === value.text)
    if (mode === undefined)
      return refuse(value.place, `${what}: expected one of ${modes.join(', ')}, found "${value.text}"`)
    if (mode === 'isolated' && !isInternal)
      return refuse(
        value.place,
        `${what}: isolated leaves the network without a gateway: expected ${words.internal} beside it`,
      )
    return mode
  }
