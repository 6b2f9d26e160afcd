import type { NetworkOptions } from '@portolan/core'
import { bridgeOptionNames, interfaceNameFault, readBridgeOptions } from '@portolan/core/planning'
import {
  containsAddress,
  formatAddress,
  formatPrefix,
  IntentError,
  InvalidRequestError,
  parseAddress,
  parsePrefix,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { didYouMean } from '@portolan/netfilter/text'
import type { CreateNetworkRequest, PoolData } from '../protocol/requests.ts'

/** The labels under which dockerd sends the options of a network: moby, libnetwork/netlabel/labels.go. */
const label = {
  generic: 'com.docker.network.generic',
  ipv6: 'com.docker.network.enable_ipv6',
  internal: 'com.docker.network.internal',
} as const

const reachable = 'x-portolan.reachable_from'

/**
 * The `-o` options of `docker network create`: the `driver_opts` of a Compose network, and what Compose cannot express.
 */
const known: readonly string[] = [...bridgeOptionNames, reachable]

/**
 * Reads the options of a Docker network. An option of Docker's own bridge driver means the same in a Compose file.
 * @param note - receives a text for each option without an effect
 * @throws InvalidRequestError naming the option
 */
export const networkOptions = (
  request: CreateNetworkRequest,
  note: (text: string) => void = () => {},
): NetworkOptions => {
  const { Options, IPv4Data, IPv6Data } = request
  const { [reachable]: reachableFrom, ...asked } = stringsOf(Options?.[label.generic])
  for (const key of Object.keys(asked))
    if (!known.includes(key))
      throw new InvalidRequestError(
        `-o ${key} is unknown to this driver${didYouMean(key, known) || `: expected some of ${known.join(', ')}.`}`,
      )
  const [ip, ip6] = [poolOf(IPv4Data, 'IPv4'), poolOf(IPv6Data, 'IPv6')]
  if (ip === null && ip6 === null)
    throw new InvalidRequestError(
      'the network has no subnet: an IPAM driver gives it one. Leave --ipam-driver null out.',
    )
  const internal = Options?.[label.internal] === true
  const { mode, mode6, notes, ...options } = bridgeOptions(asked, {
    internal,
    hasIp4: ip !== null,
    hasIp6: ip6 !== null,
  })
  for (const text of notes) note(text)
  return {
    ...options,
    internal,
    ipv4: ip === null ? false : { ...ip, mode },
    ipv6: ip6 === null ? false : { ...ip6, mode: mode6 },
    ...(reachableFrom === undefined
      ? {}
      : { reachableFrom: reachableFrom.split(',').map((one) => sourceOf(one.trim())) }),
  }
}

const bridgeOptions = (
  ...asked: Parameters<typeof readBridgeOptions>
): ReturnType<typeof readBridgeOptions> => {
  try {
    return readBridgeOptions(...asked)
  } catch (error) {
    if (error instanceof IntentError) throw new InvalidRequestError(`${error.fault}.`, { cause: error })
    throw error
  }
}

const stringsOf = (value: unknown): Readonly<Record<string, string>> => {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
}

const poolOf = (
  data: readonly PoolData[] | null | undefined,
  family: string,
): { readonly subnet: string; readonly gateway?: string } | null => {
  const pools = (data ?? []).filter(({ Pool = '' }) => Pool !== '' && !/^(0\.0\.0\.0|::)\/0$/.test(Pool))
  if (pools.length > 1)
    throw new InvalidRequestError(
      `the network has ${pools.length} subnets of ${family} (${pools.map(({ Pool }) => Pool).join(', ')}), and a network here has one of each family. Give --subnet once for each.`,
    )
  const [{ Pool = '', Gateway = '' } = {}] = pools
  if (Pool === '') return null
  const subnet = parsePrefix(Pool)
  if (Gateway === '') return { subnet: formatPrefix(subnet) }
  const gateway = parseAddress(Gateway.split('/')[0] ?? '')
  if (!containsAddress(subnet, gateway))
    throw new InvalidRequestError(
      `--gateway ${formatAddress(gateway)} lies outside the subnet ${formatPrefix(subnet)}.`,
    )
  return { subnet: formatPrefix(subnet), gateway: formatAddress(gateway) }
}

type ReachableFrom = NonNullable<NetworkOptions['reachableFrom']>[number]

/** Reads one source. A text of digits and dots is a mistyped address, and not the name of an interface. */
const sourceOf = (text: string): ReachableFrom => {
  const prefix = tryParseHostOrPrefix(text)
  if (prefix !== null) return formatPrefix(prefix)
  const fault = interfaceNameFault(text)
  if (fault === null && !/^[\d.]+$/.test(text)) return { interface: text }
  if (fault !== null && !/[/:]|^$/.test(text))
    throw new InvalidRequestError(
      `-o ${reachable} has ${JSON.stringify(text)} in it, which no interface can be called: ${fault}.`,
    )
  throw new InvalidRequestError(
    `-o ${reachable} has ${JSON.stringify(text)} in it: expected interfaces of this host and prefixes, such as wg0,10.8.0.0/24.`,
  )
}
