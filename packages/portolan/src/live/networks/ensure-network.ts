import { isDeepStrictEqual } from 'node:util'
import {
  type Conflict,
  type DesiredNetwork,
  type DesiredSubnet,
  type Intent,
  leasedSubnets,
  type NetworkOptions,
} from '@portolan/core'
import { isAboutBlocks, networkIntent, requestedName } from '@portolan/core/planning'
import type { JournalChange } from '@portolan/host'
import {
  InvalidRequestError,
  oneWay,
  PortolanError,
  StaleStateError,
  type Wording,
} from '@portolan/netfilter'
import { giveLeasesBack, takeLeasesOf } from '../../leases/take-leases.ts'
import type { Plan } from '../../plan/plan.ts'
import { refuseUntold } from '../left-behind/refuse-untold.ts'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { intentOf } from '../wanted/desired-of.ts'
import { type WantedState, withEndpoint, withNetwork, withoutNetwork } from '../wanted/wanted-state.ts'
import { attachToNetwork } from './attach-to-network.ts'
import { lostPorts, type Ports, portsOfBridges } from './bridge-ports.ts'
import { refuseParented } from './parented-networks.ts'

/** What networks are made with, beside the rules. */
export type NetworkTools = Pick<
  LiveMachine,
  'leases' | 'withLock' | 'plan' | 'carryOut' | 'links' | 'sysctls' | 'wording'
>

type NetworkIntent = Intent['networks'][number]

/** Makes a network be there as it is asked for: leased, its bridge up, its rules in force. */
export const ensureNetwork = async (
  rules: LiveRules,
  tools: NetworkTools,
  name: string,
  options: NetworkOptions,
): Promise<DesiredNetwork> => {
  const wish = wishFor(rules, tools, name, options)
  const missing = await rules.decideForSure(async () => wish())
  refuseUntold(rules, name)
  if (missing !== null) await refuseParented(tools.leases, rules.project, name)
  if (missing !== null || rules.isDamaged())
    await bringAbout(rules, tools, (intent) => {
      const wanted = wish() ?? rules.wanted.network(name)?.intent ?? networkIntent(name, options)
      return { ...intent, networks: [...intent.networks.filter((one) => one.name !== name), wanted] }
    })
  const made = rules.wanted.network(name)
  if (made === null)
    throw new PortolanError('CLOSED', `Network ${name} was removed by another program meanwhile.`)
  return made.network
}

/**
 * What is asked for of a network.
 * @returns what says it, from what is known at that time; null: the network is there as it is asked for
 */
export const wishFor = (
  rules: LiveRules,
  { wording }: Pick<NetworkTools, 'wording'>,
  name: string,
  options: NetworkOptions,
): (() => NetworkIntent | null) => {
  requestedName(name, 'a network')
  return () => {
    const before = rules.wanted.network(name)?.intent ?? null
    const intent = networkIntent(name, options, before)
    refuseServices(intent)
    if (before !== null) refuseOtherSubnet(before, intent, rules.wanted, wording)
    // The other networks too: a process may have been killed before it made a bridge.
    const isThere = [name, ...rules.wanted.networks().map(({ network }) => network.name)].every((one) =>
      rules.bridges.some((bridge) => bridge.project === rules.project && bridge.network === one),
    )
    return isThere && JSON.stringify(before) === JSON.stringify(intent) ? null : intent
  }
}

/** Removes a network, unless endpoints are on it. */
export const removeNetwork = async (rules: LiveRules, tools: NetworkTools, name: string): Promise<void> => {
  // A process that is killed may leave any of these alone: the lease is taken first, and the bridge goes after the wish.
  const left = await rules.decideForSure(async () =>
    rules.wanted.network(name) !== null || hasBridge(rules, name) || (await isLeased(rules, tools, name))
      ? name
      : null,
  )
  if (left === null) {
    // The rules go last of all.
    if (rules.isDamaged()) await rules.slowly(() => null)
    return
  }
  await bringAbout(rules, tools, (intent) => {
    refuseInUse(rules, name)
    return { ...intent, networks: intent.networks.filter((network) => network.name !== name) }
  })
}

const hasBridge = ({ project, bridges }: LiveRules, name: string): boolean =>
  bridges.some((bridge) => bridge.project === project && bridge.network === name)

const isLeased = async ({ project }: LiveRules, { leases }: NetworkTools, name: string): Promise<boolean> =>
  leasedSubnets(await leases.read()).some(
    (lease) => lease.project === project && lease.network === name && lease.parented === undefined,
  )

const refuseInUse = (rules: LiveRules, name: string): void => {
  const endpoints = rules.wanted.endpoints().filter(({ endpoint }) => endpoint.network === name)
  const [first] = endpoints
  if (first !== undefined)
    throw new PortolanError('NETWORK_IN_USE', {
      problem: `Network ${name} has ${endpoints.length === 1 ? 'an endpoint' : `${endpoints.length} endpoints`} (${endpoints
        .slice(0, 3)
        .map(({ endpoint }) => endpoint.service)
        .join(', ')}${endpoints.length > 3 ? ', ...' : ''}).`,
      remedy: () => 'Release what is on it first.',
    })
  const ports = rules.wanted
    .ports()
    .filter(({ targets }) => targets.some((target) => target.network === name))
  if (ports[0] !== undefined)
    throw new PortolanError('NETWORK_IN_USE', {
      problem: `Network ${name} has published ports (${ports[0].label}${ports.length > 1 ? `, and ${ports.length - 1} more` : ''}).`,
      remedy: () => 'Unpublish them first.',
    })
}

/** Endpoints come and go without a look at the rules of networks. */
const refuseServices = ({ name, reachableFrom = [] }: NetworkIntent): void => {
  for (const { from } of reachableFrom)
    if (from.kind === 'service')
      throw new InvalidRequestError(
        `reachableFrom of network ${name} names the service ${from.service}: a live host opens networks to interfaces, prefixes and other networks. Name the network of ${from.service}, or use plan and apply.`,
      )
}

/** A subnet that is leased does not move by itself: containers have addresses in it. */
const refuseOtherSubnet = (
  before: NetworkIntent,
  after: NetworkIntent,
  wanted: WantedState,
  wording: Wording | undefined,
): void => {
  const made = wanted.network(after.name)?.network
  for (const family of ['ip', 'ip6'] as const) {
    const asked = after[family]?.subnet ?? null
    const has = made?.[family]?.subnet ?? null
    if (asked !== null && has !== null && asked !== has)
      throw new InvalidRequestError(
        {
          problem: `network ${after.name} has the subnet ${has}, and ${asked} is asked for.`,
          remedy: ({ removeNetwork }) => oneWay(removeNetwork),
        },
        { wording },
      )
    if (before[family] !== null && after[family] === null && made !== undefined)
      throw new InvalidRequestError(
        {
          problem: `network ${after.name} has ${family === 'ip' ? 'IPv4' : 'IPv6'}, and is asked to be without.`,
          remedy: ({ removeNetwork }) => oneWay(removeNetwork),
        },
        { wording },
      )
  }
}

/** How often networks are planned anew because another program changes rules just then. */
const ATTEMPTS = 25

/**
 * Brings the networks of a project about: plans them, writes down what is wanted, and carries it out.
 * @param change - throws where it may not be
 * @throws PortolanError `CONFLICTS` when it cannot be
 */
export const bringAbout = async (
  rules: LiveRules,
  tools: NetworkTools,
  change: (intent: Intent) => Intent,
): Promise<void> => {
  let ports: Ports = new Map()
  for (let attempt = 1; ; attempt += 1) {
    try {
      ports = await tools.withLock(() => planAndCarryOut(rules, tools, change))
      break
    } catch (error) {
      if (!(error instanceof StaleStateError) || attempt === ATTEMPTS) throw error
    }
  }
  await rules.refresh()
  // A bridge of another name is another bridge: what was on the old one would be on none.
  for (const { network, port } of lostPorts(rules.project, rules.facts, ports))
    await attachToNetwork(rules, tools, port, `${rules.project}/${network}`, { isRepair: true })
  // What another program took away of other projects comes back too.
  if (rules.isDamaged()) await rules.slowly(() => null)
  else await rules.noteNeighbours()
}

/** @returns the ports that were on the bridges of the project before */
const planAndCarryOut = async (
  rules: LiveRules,
  tools: NetworkTools,
  change: (intent: Intent) => Intent,
): Promise<Ports> => {
  const { project, wanted } = rules
  rules.refuseMoved()
  const before = intentOf(project, wanted)
  const intent = change(before)
  const planned = await tools.plan(intent, { live: wanted.ports(), search: false })
  refuseConflicts(planned, new Set(before.networks.map(({ name }) => name)))
  const changes = changesTo(before, planned, intent)
  const writeDown = async (): Promise<() => Promise<void>> => {
    const taken = await takeLeasesOf(tools.leases, planned.leases)
    try {
      const undo = await wanted.change(() => {
        const now = intentOf(project, wanted)
        change(now)
        // An endpoint of another program is in no plan that was made before.
        if (!isDeepStrictEqual(now, before))
          throw new StaleStateError(
            `What is wanted of project ${project} changed after it was planned. Nothing was changed`,
            {
              advice: 'call again',
            },
          )
        return changes
      })
      await wanted.sync()
      return async () => {
        await undo?.()
        await giveLeasesBack(tools.leases, taken)
      }
    } catch (error) {
      await giveLeasesBack(tools.leases, taken)
      throw error
    }
  }
  await tools.carryOut(planned, writeDown)
  return portsOfBridges(project, planned.observed.facts, new Map())
}

/**
 * @param before - networks that are there. One in a block of a cluster that this host has lost keeps no other network from
 * being made or brought back; what is attached to it is told, by `status`.
 * @throws PortolanError `CONFLICTS`
 */
export const refuseConflicts = ({ conflicts }: Plan, before: ReadonlySet<string> = new Set()): void => {
  const isLeft = (one: Conflict): boolean =>
    one.mapping === null && one.network !== null && before.has(one.network) && isAboutBlocks(one)
  const [first, ...more] = conflicts.filter((one) => one.severity === 'error' && !isLeft(one))
  if (first === undefined) return
  throw new PortolanError('CONFLICTS', {
    problem: `${first.message} Nothing was changed.`,
    remedy: () =>
      [first, ...more]
        .map((one, at) => (at === 0 ? one.remedy.text : `${one.message} ${one.remedy.text}`))
        .join(' '),
  })
}

/** What has to be written down of a plan. */
const changesTo = (before: Intent, planned: Plan, after: Intent): readonly JournalChange[] => {
  const intents = new Map(after.networks.map((network) => [network.name, network]))
  const endpoints = new Map(
    after.endpoints.map((endpoint) => [`${endpoint.network} ${endpoint.service}`, endpoint]),
  )
  return [
    ...before.networks.filter(({ name }) => !intents.has(name)).map(({ name }) => withoutNetwork(name)),
    ...planned.desired.networks.flatMap((network) => {
      const intent = intents.get(network.name)
      return intent === undefined ? [] : [withNetwork({ intent, network: withoutNeighbours(network) })]
    }),
    ...planned.desired.endpoints.flatMap((endpoint) => {
      const intent = endpoints.get(`${endpoint.network} ${endpoint.service}`)
      return intent === undefined ? [] : [withEndpoint({ intent, endpoint })]
    }),
  ]
}

/** Other hosts of the cluster come and go: what is wanted of a network names none of them. */
const withoutNeighbours = (network: DesiredNetwork): DesiredNetwork => {
  const { ip, ip6 } = network
  return { ...network, ip: asAlone(ip), ip6: asAlone(ip6) }
}

const asAlone = (subnet: DesiredSubnet | null): DesiredSubnet | null => {
  if (subnet === null) return null
  const { unmasqueraded: _others, ...alone } = subnet
  return alone
}
