import {
  type AddressInput,
  canonicalAddress,
  canonicalPrefix,
  InvalidRequestError,
  inputText,
  type PrefixInput,
  parsePrefix,
} from '@portolan/netfilter'
import { refuseUnknownOptions, shownValue } from '@portolan/netfilter/schema'
import { type PoolInput, parsePool, poolText } from '../../pool/parse-pool.ts'
import { unusableRange } from '../../pool/unusable-range.ts'
import type { GatewayMode, NetworkIntent, SubnetIntent } from '../intent.ts'
import { type ReachableInput, requestedReachable } from './reachable-options.ts'

/**
 * The settings of one family of a network, as a program gives them.
 * @public @since 0.1.0
 */
export interface SubnetOptions {
  /** CIDR; absent: picked from a pool. */
  readonly subnet?: PrefixInput
  readonly gateway?: AddressInput
  /** CIDR inside the subnet: only addresses inside it are leased. */
  readonly ipRange?: PrefixInput
  /** The gateway mode; `nat` by default. */
  readonly mode?: GatewayMode
}

/**
 * The settings of a network, as a program gives them. Absent options mean the same as absent keys in a Compose file.
 * @example
 * const options: NetworkOptions = { pool: ['classic', '10.200.0.0/16:24'], ipv6: true }
 * intent('shop').network('web', options).networks[0]?.pools // ['classic', '10.200.0.0/16:24']
 * @public @since 0.1.0
 */
export interface NetworkOptions {
  /**
   * `classic`, `docker`, `10.0.0.0/8:24`, or `{ base, size }`. Several are tried in order. Absent: the caller's pools.
   */
  readonly pool?: PoolInput | readonly PoolInput[]
  /** True by default. */
  readonly ipv4?: boolean | SubnetOptions
  /** False by default. */
  readonly ipv6?: boolean | SubnetOptions
  /** Containers have no way to the outside; false by default. */
  readonly internal?: boolean
  /** May containers of this network talk to each other directly? True by default. */
  readonly icc?: boolean
  /** Rewrite the source of packets that leave for the outside; true by default. */
  readonly masquerade?: boolean
  /** The host address for ports that name none; null or absent: every address. */
  readonly hostBinding?: AddressInput | null
  /** 68 to 65535, and with IPv6 1280 or more; null or absent: the kernel's default. */
  readonly mtu?: number | null
  /** The name of the bridge, 1 to 15 bytes; null or absent: derived from project and network. */
  readonly bridge?: string | null
  /** Sources that reach every container of the network on its own address; absent: only those that its mode lets in. */
  readonly reachableFrom?: readonly ReachableInput[]
}

const networkOptions: readonly string[] = [
  'pool',
  'ipv4',
  'ipv6',
  'internal',
  'icc',
  'masquerade',
  'hostBinding',
  'mtu',
  'bridge',
  'reachableFrom',
] satisfies readonly (keyof NetworkOptions)[]
const subnetOptions: readonly string[] = [
  'subnet',
  'gateway',
  'ipRange',
  'mode',
] satisfies readonly (keyof SubnetOptions)[]

const plain: NetworkIntent = {
  name: '',
  external: false,
  externalName: null,
  bridge: null,
  internal: false,
  icc: true,
  masquerade: true,
  hostBinding: null,
  mtu: null,
  pools: null,
  ip: { subnet: null, gateway: null, ipRange: null, mode: 'nat' },
  ip6: null,
  place: null,
}

/**
 * Reads the options of a network, as a program gives them.
 *
 * @param before - the earlier settings of the network; absent options keep their values
 * @throws InvalidRequestError naming the option
 * @example
 * networkIntent('web', { ipv6: true }).ip6 // { subnet: null, gateway: null, ipRange: null, mode: 'nat' }
 * @public @since 0.1.0
 */
export const networkIntent = (
  name: string,
  options: NetworkOptions,
  before: NetworkIntent | null = null,
): NetworkIntent => {
  refuseUnknownOptions(options, networkOptions, 'the options of a network')
  const base = before ?? plain
  const { pool, ipv4, ipv6, hostBinding, mtu, bridge } = options
  const network: NetworkIntent = {
    ...base,
    name,
    bridge: bridge === undefined ? base.bridge : bridgeOf(bridge),
    internal: flag(options.internal, 'internal') ?? base.internal,
    icc: flag(options.icc, 'icc') ?? base.icc,
    masquerade: flag(options.masquerade, 'masquerade') ?? base.masquerade,
    hostBinding: hostBinding === undefined ? base.hostBinding : addressOf(hostBinding, 'hostBinding'),
    mtu: mtu === undefined ? base.mtu : mtu,
    pools: pool === undefined ? base.pools : poolsOf(pool),
    ip: subnetOf(ipv4, base.ip, 'ipv4'),
    ip6: subnetOf(ipv6, base.ip6, 'ipv6'),
    ...reachableOf(options.reachableFrom, base.reachableFrom),
  }
  if (network.ip === null && network.ip6 === null)
    throw new InvalidRequestError(
      `network ${name} has neither IPv4 nor IPv6: leave ipv4 out, or set ipv6 to true.`,
    )
  return network
}

/** An empty list removes the sources that were named before. */
const reachableOf = (
  asked: NetworkOptions['reachableFrom'],
  before: NetworkIntent['reachableFrom'],
): Pick<NetworkIntent, 'reachableFrom'> => {
  if (asked !== undefined) return { reachableFrom: requestedReachable(asked) }
  return before === undefined ? {} : { reachableFrom: before }
}

const flag = (value: boolean | undefined, option: string): boolean | undefined => {
  if (value === undefined || typeof value === 'boolean') return value
  throw new InvalidRequestError(`${option} is ${shownValue(value)}: expected true or false.`)
}

const bridgeOf = (bridge: string | null): string | null => {
  if (bridge === null || typeof bridge === 'string') return bridge
  throw new InvalidRequestError(`bridge is ${shownValue(bridge)}: expected a name of 1 to 15 bytes.`)
}

/** A text or an object: `poolText` checks the rest. */
const isPoolInput = (one: unknown): one is PoolInput =>
  typeof one === 'string' || (typeof one === 'object' && one !== null)

const poolsOf = (pool: PoolInput | readonly PoolInput[]): readonly string[] => {
  const asked: readonly unknown[] = Array.isArray(pool) ? pool : [pool]
  if (!asked.every(isPoolInput))
    throw new InvalidRequestError(
      `pool is ${shownValue(pool)}: expected classic, docker, or a prefix and the size to cut it into, like 10.0.0.0/8:24.`,
    )
  const pools = asked.map(poolText)
  for (const one of pools) parsePool(one)
  return pools
}

const subnetOf = (
  options: boolean | SubnetOptions | undefined,
  before: SubnetIntent | null,
  option: string,
): SubnetIntent | null => {
  if (options === undefined) return before
  if (options === false) return null
  const base = before ?? { subnet: null, gateway: null, ipRange: null, mode: 'nat' as const }
  if (options === true) return base
  if (typeof options !== 'object' || options === null)
    throw new InvalidRequestError(
      `${option} is ${shownValue(options)}: expected true, false, or an object such as { subnet }.`,
    )
  refuseUnknownOptions(options, subnetOptions, `the options of ${option}`)
  const { subnet, gateway, ipRange, mode } = options
  return {
    subnet: subnet === undefined ? base.subnet : usableOf(subnet, `${option}.subnet`),
    gateway: gateway === undefined ? base.gateway : addressOf(gateway, `${option}.gateway`),
    ipRange: ipRange === undefined ? base.ipRange : prefixOf(ipRange, `${option}.ipRange`),
    mode: mode ?? base.mode,
  }
}

const usableOf = (subnet: PrefixInput, option: string): string => {
  const prefix = prefixOf(subnet, option)
  const range = unusableRange(parsePrefix(prefix))
  if (range === null) return prefix
  throw new InvalidRequestError(
    `${option} is ${prefix}, which overlaps ${range}: no network can use that. Name another subnet, or none to have one picked.`,
  )
}

const prefixOf = (prefix: PrefixInput, option: string): string => {
  try {
    return canonicalPrefix(inputText(prefix))
  } catch (cause) {
    throw new InvalidRequestError(
      `${option} is ${shownValue(prefix)}: expected a prefix such as 10.1.0.0/16.`,
      { cause },
    )
  }
}

const addressOf = (address: AddressInput | null, option: string): string | null => {
  if (address === null) return null
  try {
    return canonicalAddress(address)
  } catch (error) {
    throw new InvalidRequestError(
      `${option} is ${typeof address === 'object' ? inputText(address) : shownValue(address)}: expected an address such as 10.1.0.1.`,
      { cause: error },
    )
  }
}
