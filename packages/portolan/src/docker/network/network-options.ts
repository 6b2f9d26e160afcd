import { type Intent, type NetworkOptions, readCompose } from '@portolan/core'
import { IntentError, InvalidRequestError } from '@portolan/netfilter'
import { didYouMean } from '@portolan/netfilter/text'
import { nameOf } from '../docker-parts.ts'
import type { CreateNetworkRequest, PoolData } from '../protocol/requests.ts'

/** The labels under which dockerd sends the options of a network: moby, libnetwork/netlabel/labels.go. */
const label = {
  generic: 'com.docker.network.generic',
  ipv6: 'com.docker.network.enable_ipv6',
  internal: 'com.docker.network.internal',
} as const

const bridge = 'com.docker.network.bridge.'
const reachable = 'x-portolan.reachable_from'

/**
 * The `-o` options of `docker network create`: the `driver_opts` of a Compose network, and what Compose cannot express.
 */
const known: readonly string[] = [
  ...['name', 'enable_icc', 'enable_ip_masquerade', 'host_binding_ipv4'].map((key) => bridge + key),
  ...['gateway_mode_ipv4', 'gateway_mode_ipv6'].map((key) => bridge + key),
  'com.docker.network.driver.mtu',
  reachable,
]

/**
 * Reads the options of a Docker network. They are read as a network of a Compose file, so an option means the same in
 * both.
 * @throws InvalidRequestError naming the option
 */
export const networkOptions = (request: CreateNetworkRequest): NetworkOptions => {
  const { Options, IPv4Data, IPv6Data } = request
  const asked = stringsOf(Options?.[label.generic])
  for (const key of Object.keys(asked))
    if (!known.includes(key))
      throw new InvalidRequestError(
        `-o ${key} is unknown to this driver${didYouMean(key, known) || `: expected some of ${known.join(', ')}.`}`,
      )
  const { [reachable]: reachableFrom, ...driverOptions } = asked
  const [ip, ip6] = [poolOf(IPv4Data, 'IPv4'), poolOf(IPv6Data, 'IPv6')]
  if (ip === null && ip6 === null)
    throw new InvalidRequestError(
      'the network has no subnet: an IPAM driver gives it one. Leave --ipam-driver null out.',
    )
  const name = nameOf(request.NetworkID)
  const network = intentOf(name, {
    driver_opts: driverOptions,
    internal: Options?.[label.internal] === true,
    enable_ipv4: ip !== null,
    enable_ipv6: ip6 !== null,
    ipam: { config: [ip, ip6].flatMap((pool) => (pool === null ? [] : [pool])) },
    ...(reachableFrom === undefined
      ? {}
      : { 'x-portolan': { reachable_from: reachableFrom.split(',').map((one) => one.trim()) } }),
  })
  return {
    ipv4: subnetOptions(network.ip),
    ipv6: subnetOptions(network.ip6),
    bridge: network.bridge,
    internal: network.internal,
    icc: network.icc,
    masquerade: network.masquerade,
    hostBinding: network.hostBinding,
    mtu: network.mtu,
    ...(network.reachableFrom === undefined
      ? {}
      : { reachableFrom: network.reachableFrom.map(({ from }) => sourceOf(from)) }),
  }
}

const subnetOptions = (subnet: Intent['networks'][number]['ip']): NonNullable<NetworkOptions['ipv4']> =>
  subnet === null
    ? false
    : {
        mode: subnet.mode,
        ...(subnet.subnet === null ? {} : { subnet: subnet.subnet }),
        ...(subnet.gateway === null ? {} : { gateway: subnet.gateway }),
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
      `the network has ${pools.length} subnets of ${family} (${pools.map(({ Pool }) => Pool).join(', ')}), and one of each family is what a network has here. Give --subnet once for each.`,
    )
  const [{ Pool = '', Gateway = '' } = {}] = pools
  if (Pool === '') return null
  return { subnet: Pool, ...(Gateway === '' ? {} : { gateway: Gateway.split('/')[0] ?? '' }) }
}

const intentOf = (name: string, network: unknown): Intent['networks'][number] => {
  try {
    // JSON is YAML too, and in JSON a user's text can only be a value.
    const text = JSON.stringify({
      name: 'docker',
      networks: { [name]: network },
      services: { any: { networks: [name] } },
    })
    const intent = readCompose(text.replaceAll('$', '$$$$'), { source: 'docker network create' })
    const found = intent.networks.find((one) => one.name === name)
    if (found === undefined) throw new InvalidRequestError(`the network ${name} could not be read.`)
    return found
  } catch (error) {
    // The text was made here, so a line and column of it tell a user nothing.
    if (error instanceof IntentError) throw new InvalidRequestError(`${error.fault}.`, { cause: error })
    throw error
  }
}

type ReachableFrom = NonNullable<NetworkOptions['reachableFrom']>[number]

const sourceOf = (
  from: NonNullable<Intent['networks'][number]['reachableFrom']>[number]['from'],
): ReachableFrom => {
  if (from.kind === 'interface') return { interface: from.name }
  if (from.kind === 'prefix') return from.prefix
  throw new InvalidRequestError(
    `-o ${reachable} names ${from.kind === 'network' ? from.network : from.service}: expected interfaces of this host and prefixes, such as wg0,10.8.0.0/24.`,
  )
}
