import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { readHost } from '@portolan/host'
import { formatAddress, type HostFacts, parseInterfaceAddress, tryParseAddress } from '@portolan/netfilter'
import { type Intent, readCompose } from 'portolan'
import { CniError, cniCodes } from '../cni-error.ts'
import type { PortMapping } from '../config/config-schema.ts'
import type { NetworkConfig } from '../config/network-config.ts'
import { publishedPorts } from '../config/published-ports.ts'
import type { CniRequest } from '../request/cni-request.ts'
import type { CniResult } from '../result/cni-result.ts'

/** The name of the network within the intent. */
const network = 'chain'

/**
 * The ports of a container whose interface an earlier plugin of the list made, as an intent. The intent has a project
 * with one service on an external network, which is the bridge of that plugin.
 *
 * @throws CniError 7 where no bridge leads to the container
 */
export const chainedIntent = async (
  request: CniRequest,
  config: NetworkConfig,
  result: CniResult,
): Promise<Intent> => {
  const facts = await readHost()
  const bridge = bridgeOf(result, facts)
  refuseAbsentAddress(config, facts)
  const mappings = publishedPorts(config).map(portOf)
  const [ip, ip6] = byFamily(chainedAddresses(request, result))
  const project = chainedProject(request, config)
  const service = {
    networks: {
      [network]: {
        ...(ip === undefined ? {} : { ipv4_address: ip }),
        ...(ip6 === undefined ? {} : { ipv6_address: ip6 }),
      },
    },
    ports: mappings,
  }
  // JSON is also YAML, and every text from outside is only a value in it.
  const text = JSON.stringify({
    name: project,
    services: { [request.containerId ?? '']: service },
    networks: { [network]: { external: true, name: bridge } },
  })
  const intent = readCompose(text.replaceAll('$', '$$$$'), { source: `the ports of ${request.containerId}` })
  // The user of a runtime does not have this text, so no message may name a place in it.
  return { ...intent, mappings: intent.mappings.map((mapping) => ({ ...mapping, place: null })) }
}

/** The name of an attachment's project. Each attachment has one, so that it is planned and removed by itself. */
export const chainedProject = (
  { containerId, interface: name }: CniRequest,
  { name: network }: NetworkConfig,
): string => projectOf(network, containerId ?? '', name ?? '')

export const projectOf = (network: string, containerId: string, interfaceName: string): string => {
  // Loading node:crypto takes a tenth of the time that node itself takes to start.
  const key = bytesToHex(sha256(utf8ToBytes(`${network}\0${containerId}\0${interfaceName}`)))
  const readable = containerId
    .toLowerCase()
    .replaceAll(/[^a-z\d_-]/g, '-')
    .slice(0, 20)
  return `cni-${readable}-${key.slice(0, 16)}`
}

const portOf = ({ hostPort, containerPort, protocol = 'tcp', hostIP = '' }: PortMapping) => ({
  target: containerPort,
  published: String(hostPort),
  protocol: protocol.toLowerCase(),
  ...(hostIP === '' ? {} : { host_ip: hostIP }),
})

/** Refuses a port on an address that the host does not have. Such a port would not get any packet. */
const refuseAbsentAddress = ({ runtimeConfig }: NetworkConfig, { interfaces = [] }: HostFacts): void => {
  const own = new Set(
    interfaces.flatMap(({ addresses = [] }) =>
      addresses.map((text) => formatAddress(parseInterfaceAddress(text).address)),
    ),
  )
  for (const [at, { hostPort, hostIP = '' }] of (runtimeConfig?.portMappings ?? []).entries()) {
    const address = tryParseAddress(hostIP)
    if (hostPort === 0 || address === null) continue
    const isAny = address.value === 0 || address.value === 0n
    const text = formatAddress(address)
    // All of 127.0.0.0/8 belongs to the host, though only 127.0.0.1 is on an interface.
    if (isAny || text.startsWith('127.') || own.has(text)) continue
    throw new CniError(
      cniCodes.invalidConfig,
      `runtimeConfig.portMappings[${at}].hostIP is ${JSON.stringify(hostIP)}: this host has no address ${text}, so nothing sent there would arrive.`,
      { details: 'Take one that "ip address" shows, or leave hostIP out for every address.' },
    )
  }
}

const bridgeOf = ({ interfaces = [] }: CniResult, facts: HostFacts): string => {
  const onHost = interfaces.filter(({ sandbox = '' }) => sandbox === '').map(({ name }) => name)
  const bridge = (facts.interfaces ?? []).find(
    ({ name = '', kind }) => kind === 'bridge' && onHost.includes(name),
  )?.name
  if (bridge !== undefined) return bridge
  throw new CniError(
    cniCodes.invalidConfig,
    `no bridge leads to the container: the plugin before made ${onHost.length === 0 ? 'nothing on the host' : onHost.join(', ')}.`,
    {
      details:
        'portolan-cni publishes ports behind the plugin bridge. Alone in the list, it makes a bridge itself.',
    },
  )
}

/** The addresses of the interface inside the container, without prefix lengths. */
export const chainedAddresses = (
  { interface: name }: CniRequest,
  { ips = [], interfaces = [] }: CniResult,
): readonly string[] =>
  ips
    .filter((ip) => ip.interface === undefined || isInside(interfaces[ip.interface], name))
    .map(({ address }) => address.split('/')[0] ?? '')

/** The first address of each family. */
const byFamily = (addresses: readonly string[]): readonly [string | undefined, string | undefined] => [
  addresses.find((address) => !address.includes(':')),
  addresses.find((address) => address.includes(':')),
]

const isInside = (
  one: NonNullable<CniResult['interfaces']>[number] | undefined,
  name: string | null,
): boolean => one === undefined || (one.name === name && (one.sandbox ?? '') !== '')
