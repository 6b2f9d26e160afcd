import type { HostFacts, InterfaceFact, NeighbourFact, RouteFact, RoutingRuleFact } from '@portolan/netfilter'
import { checkOptions, flagValue, type OptionKinds, textValue } from '@portolan/netfilter/schema'
import { readEngineNetworks } from '../engines/read-engine-networks.ts'
import { type NetlinkConnection, openConnection } from '../netlink/connection.ts'
import { AF_INET, AF_INET6, NETLINK_ROUTE } from '../netlink/constants.ts'
import { countIpsecPolicies, ipsecSentence } from './count-ipsec-policies.ts'
import { readHostSockets } from './host-sockets.ts'
import type { LinkSysctls } from './link-sysctls.ts'
import { readMachineId } from './machine-id.ts'
import { readNameservers } from './nameservers.ts'
import { readAddresses } from './read-addresses.ts'
import { interfaceFacts, readLinks } from './read-links.ts'
import { readNeighbours } from './read-neighbours.ts'
import { type RoutesRead, readRoutes } from './read-routes.ts'
import { readRules } from './read-rules.ts'
import { readSysctls } from './read-sysctls.ts'
import { settled } from './settled.ts'

/**
 * Options of `readHost`.
 * @public @since 0.1.0
 */
export interface ReadHostOptions {
  /** Looks up the process of each socket in /proc, which costs a walk of /proc. Absent: true. */
  readonly processNames?: boolean
  /**
   * Looks up the addresses in use on the networks of other engines: leases and static addresses in the engines' files,
   * and neighbours. Absent: false; only an external network needs them.
   */
  readonly addressesInUse?: boolean
  /** The folder below which the configuration files of other engines are looked for; absent: `/`. */
  readonly root?: string
}

const optionKinds: OptionKinds<ReadHostOptions> = {
  processNames: flagValue,
  addressesInUse: flagValue,
  root: textValue('the path of a folder'),
}

/**
 * Reads the facts of the host from the kernel, in the network namespace of this process: links, addresses, routes of
 * every table, policy rules, sockets, nameservers and sysctls. From their configuration files it reads the networks
 * that other engines have defined. It changes nothing and needs no privilege.
 *
 * @returns the facts; a part that could not be read is missing or incomplete, with a sentence in `unread`
 * @throws never for a part that cannot be read
 * @example
 * const { interfaces, unread } = await readHost()
 * @public @since 0.1.0
 */
export const readHost = async (options: ReadHostOptions = {}): Promise<HostFacts> => {
  checkOptions<ReadHostOptions>(options, optionKinds, 'the options of readHost')
  const { addressesInUse = false } = options
  const unread: string[] = []
  const attempt = attemptNoting(unread)
  const { facts, name } = await readKernel(attempt, unread, addressesInUse)
  const sockets = await attempt('Listening sockets', () =>
    readHostSockets(name, options.processNames ?? true, unread),
  )
  const nameservers = await attempt('Nameservers', () => readNameservers())
  const machineId = await attempt('The machine id', readMachineId)
  const ipsec = ipsecSentence(await countIpsecPolicies())
  if (ipsec !== null) unread.push(ipsec)
  const { networks, enginePools, unread: unreadEngines } = readEngineNetworks(options.root, addressesInUse)
  unread.push(...unreadEngines)
  return {
    ...facts,
    ...(nameservers === undefined ? {} : { nameservers }),
    ...(sockets === undefined ? {} : { sockets }),
    networks,
    ...(enginePools.length === 0 ? {} : { enginePools }),
    ...(machineId === undefined ? {} : { machineId }),
    ...(unread.length === 0 ? {} : { unread }),
  }
}

/**
 * Reads the part of `readHost` that comes from the kernel alone: links, addresses, routes, policy rules and sysctls. It
 * reads no configuration file and no process. It changes nothing and needs no privilege.
 *
 * @returns the facts; a part that could not be read is missing, with a sentence in `unread`
 * @example
 * const { interfaces, routes, sysctls } = await readNetworkFacts()
 * @public @since 0.1.0
 */
export const readNetworkFacts = async (): Promise<HostFacts> => {
  const unread: string[] = []
  const { facts } = await readKernel(attemptNoting(unread), unread, false)
  return { ...facts, ...(unread.length === 0 ? {} : { unread }) }
}

const attemptNoting =
  (unread: string[]): Attempt =>
  async (what, read) => {
    try {
      return await read()
    } catch (error) {
      unread.push(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }

const readKernel = async (
  attempt: Attempt,
  unread: string[],
  addressesInUse: boolean,
): Promise<{ readonly facts: HostFacts; readonly name: (index: number) => string | null }> => {
  const network = await attempt('Links, addresses, routes and rules', async () => {
    const connection = openConnection(NETLINK_ROUTE)
    try {
      return await readNetwork(connection, attempt, unread, addressesInUse)
    } finally {
      connection.close()
    }
  })
  const { sysctls, unread: unreadSysctls } = readSysctls(network?.sysctls ?? new Map())
  unread.push(...unreadSysctls)
  return { facts: { ...network?.facts, sysctls }, name: network?.name ?? (() => null) }
}

type Attempt = <T>(what: string, read: () => T | Promise<T>) => Promise<T | undefined>

interface NetworkFacts {
  interfaces?: readonly InterfaceFact[]
  routes?: readonly RouteFact[]
  rules?: readonly RoutingRuleFact[]
  neighbours?: readonly NeighbourFact[]
}

const families = [AF_INET, AF_INET6] as const

const readNetwork = async (
  connection: NetlinkConnection,
  attempt: Attempt,
  unread: string[],
  addressesInUse: boolean,
): Promise<{
  facts: NetworkFacts
  name: (index: number) => string | null
  sysctls: ReadonlyMap<string, LinkSysctls>
}> => {
  const facts: NetworkFacts = {}
  // The links are read last. An object made meanwhile then has its link, with its alias, before its address, and its
  // address before its route. In the other order, the bridge of an apply under way showed a route without an interface
  // or without a project, and a plan took its subnet for a foreign one. An object removed meanwhile has no link, and is
  // left out.
  const lists = await attempt('Routes', async () => {
    const read: RoutesRead[] = []
    for (const family of families)
      read.push(await settled('routes', unread, () => readRoutes(connection, family)))
    return read
  })
  const found = await attempt('Addresses', () =>
    settled('addresses', unread, () => readAddresses(connection)),
  )
  const { links, sysctls = new Map() } =
    (await attempt('Interfaces', () => settled('interfaces', unread, () => readLinks(connection)))) ?? {}
  const name = (index: number): string | null => links?.get(index)?.name ?? null
  if (links !== undefined && found !== undefined)
    facts.interfaces = interfaceFacts(links, found.addresses, found.peers, found.autoconfigured)
  if (lists !== undefined)
    facts.routes = lists.flatMap(({ named }) => named(links === undefined ? null : name))
  await attempt('Routing rules', async () => {
    const lists: (readonly RoutingRuleFact[])[] = []
    for (const family of families)
      lists.push((await settled('routing rules', unread, () => readRules(connection, family))).rules)
    facts.rules = lists.flat()
  })
  if (addressesInUse)
    await attempt('Neighbours', async () => {
      facts.neighbours = (
        await settled('neighbours', unread, () => readNeighbours(connection, name))
      ).neighbours
    })
  return { facts, name, sysctls }
}
