import { isDeepStrictEqual } from 'node:util'
import type { Conflict, DesiredNetwork, DesiredSubnet, Intent } from '@portolan/core'
import { isAboutBlocks } from '@portolan/core/planning'
import type { JournalChange } from '@portolan/host'
import { PortolanError, StaleStateError } from '@portolan/netfilter'
import { giveLeasesBack, takeLeasesOf } from '../../leases/take-leases.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { intentOf } from '../wanted/desired-of.ts'
import { withEndpoint, withNetwork, withoutNetwork } from '../wanted/wanted-state.ts'
import { attachToNetwork } from './attach-to-network.ts'
import { lostPorts, markedPorts, type Ports, portsOfBridges } from './bridge-ports.ts'
import type { NetworkTools } from './network-tools.ts'

/** How often networks are planned again when another program changes rules just then. */
const ATTEMPTS = 25

/**
 * Plans the networks of a project, records what is wanted, and carries it out.
 * @param change - changes the intent; throws when the change is not allowed
 * @throws PortolanError `CONFLICTS` when it is not possible
 */
export const changeNetworks = async (
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
  // A bridge of another name is a new bridge, and the interfaces of the old one would be on none.
  for (const { network, port } of lostPorts(rules.project, rules.facts, ports))
    await attachToNetwork(rules, tools, port, `${rules.project}/${network}`, { isRepair: true })
  // Rules of other projects that another program removed are restored too.
  if (rules.isDamaged()) await rules.slowly(() => null)
  else await rules.noteNeighbours()
}

/** Plans and carries out one change. @returns the ports that were on the bridges of the project before */
const planAndCarryOut = async (
  rules: LiveRules,
  tools: NetworkTools,
  change: (intent: Intent) => Intent,
): Promise<Ports> => {
  const { project, wanted } = rules
  rules.refuseMoved()
  const before = intentOf(project, wanted)
  const intent = change(before)
  const planned = await tools.plan(intent, { live: wanted.ports, search: false })
  refuseConflicts(planned, new Set(before.networks.map(({ name }) => name)))
  const changes = changesTo(before, planned, intent)
  const writeDown = async (): Promise<() => Promise<void>> => {
    const taken = await takeLeasesOf(tools.leases, planned.leases)
    try {
      const undo = await wanted.change(() => {
        const now = intentOf(project, wanted)
        change(now)
        // An endpoint that another program added meanwhile is not in this plan.
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
  return portsOfBridges(project, planned.observed.facts, markedPorts(project, planned.observed.facts))
}

/**
 * Refuses a plan with errors.
 *
 * @param before - the networks that exist already. Such a network in a block that this host has lost must not stop
 * other networks from being made or repaired; `status` reports its endpoints
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

/** The records that a plan adds and removes. */
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

/** A network without the blocks of other hosts. Those come and go, so the record of a network does not name them. */
const withoutNeighbours = (network: DesiredNetwork): DesiredNetwork => {
  const { ip, ip6 } = network
  return { ...network, ip: asAlone(ip), ip6: asAlone(ip6) }
}

const asAlone = (subnet: DesiredSubnet | null): DesiredSubnet | null => {
  if (subnet === null) return null
  const { unmasqueraded: _others, ...alone } = subnet
  return alone
}
