import {
  acquireSubnet,
  type DesiredParentedNetwork,
  type Intent,
  type LeaseChange,
  type LeaseState,
  leasedSubnets,
  leaseKey,
  type ParentedNetworkOptions,
  parseVlanAlias,
  parseVlanName,
  releaseLease,
  resolve,
  vlanAlias,
} from '@portolan/core'
import { leasedParents, parentedIntent, requestedName } from '@portolan/core/planning'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { heldOn } from '../attachments/held-addresses.ts'
import type { LiveMachine } from '../live-machine.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import { keptParented, parentedLeases, refuseChangeUnderEndpoints } from './kept-parented.ts'

type ParentedTools = Pick<LiveMachine, 'leases' | 'links' | 'withLock'>

/**
 * Makes sure that a parented network exists as requested: its subnet is leased, and the VLAN that is its parent is
 * made. It needs no rules, so its lease is its only record.
 */
export const ensureParentedNetwork = async (
  rules: LiveRules,
  { leases, links, withLock }: ParentedTools,
  name: string,
  options: ParentedNetworkOptions,
): Promise<DesiredParentedNetwork> => {
  requestedName(name, 'a network')
  const asked = parentedIntent(name, options)
  if (rules.wanted.network(name) !== null)
    throw new InvalidRequestError(
      `network ${name} has a bridge, and is asked to be on ${asked.parent}: choose another name, or remove that network first.`,
    )
  const { project } = rules
  const { parent } = asked
  const settled = (before: LeaseState): ReturnType<typeof settle> => {
    const wanted = keptParented(parentedLeases(before, project, name), asked, options)
    return settle(
      { project, networks: [], endpoints: [], mappings: [], notes: [], parented: [wanted] },
      rules,
      before,
    )
  }
  return withLock(async () => {
    await rules.readFacts()
    // Checked before the VLAN is made, so that an obstacle is reported first.
    settled(await leases.read())
    const vlan = parseVlanName(parent)
    const isThere = rules.facts.interfaces?.some((link) => link.name === parent) === true
    const isMade = vlan !== null && !isThere
    if (isMade) await links.createVlan({ name: parent, ...vlan, alias: vlanAlias(project), up: true })
    try {
      return await leases.transact(settled)
    } catch (error) {
      if (isMade) await links.deleteVlan(parent)
      throw error
    }
  })
}

/** Leases the subnets of the only network of an intent. */
const settle = (
  intent: Intent,
  { facts }: LiveRules,
  before: LeaseState,
): { state: LeaseState; changes: readonly LeaseChange[]; result: DesiredParentedNetwork } => {
  const { desired, conflicts, subnets } = resolve(intent, facts, { leases: before })
  const [network] = desired.parented ?? []
  const blocking = conflicts.find(({ severity }) => severity === 'error')
  if (blocking !== undefined || network === undefined)
    throw new PortolanError('CONFLICTS', {
      problem: blocking?.message ?? `network ${intent.parented?.[0]?.name} could not be settled.`,
      remedy: () => blocking?.remedy.text ?? '',
    })
  const parentOf = leasedParents(intent.parented ?? [], [network])
  let state = before
  const changes: LeaseChange[] = []
  for (const plan of subnets) {
    const { family, subnet, gateway } = plan
    const parented = parentOf(plan)
    const lease = {
      kind: 'subnet',
      project: intent.project,
      network: network.name,
      ...{ family, subnet, gateway, movedFrom: null },
      ...(parented === null ? {} : { parented }),
    } as const
    refuseOther(before, lease)
    // Other networks on the same parent have the same subnet.
    const step = acquireSubnet(state, lease, { tolerate: leasedSubnets(state).map(leaseKey) })
    state = step.state
    changes.push(...step.changes)
  }
  return { state, changes, result: network }
}

/**
 * Refuses another subnet or parent. Containers have addresses and interfaces there, which do not move by themselves.
 */
const refuseOther = (state: LeaseState, wanted: ReturnType<typeof leasedSubnets>[number]): void => {
  const known = leasedSubnets(state).find((lease) => leaseKey(lease) === leaseKey(wanted))
  if (known === undefined) return
  const words = ({ subnet, parented }: typeof wanted): string =>
    `${subnet} on ${parented?.parent ?? 'a bridge'}`
  if (words(known) !== words(wanted))
    throw new InvalidRequestError(
      `network ${wanted.network} is ${words(known)}, and ${words(wanted)} is asked for: remove the network first.`,
    )
  refuseChangeUnderEndpoints(state, known, wanted)
}

/**
 * Refuses a network with a bridge when a parented network has its name.
 * @throws InvalidRequestError
 */
export const refuseParented = async (
  leases: ParentedTools['leases'],
  project: string,
  name: string,
): Promise<void> => {
  const [lease] = parentedLeases(await leases.read(), project, name)
  if (lease !== undefined)
    throw new InvalidRequestError(
      `network ${name} is on ${lease.parented?.parent}, and one with a bridge is asked for: choose another name, or remove that network first.`,
    )
}

/**
 * Removes a parented network, unless endpoints are on it.
 *
 * @returns false: there is no such network
 */
export const removeParentedNetwork = async (
  rules: LiveRules,
  { leases, links, withLock }: ParentedTools,
  name: string,
): Promise<boolean> => {
  const { project } = rules
  if (parentedLeases(await leases.read(), project, name).length === 0) return false
  return withLock(async () => {
    await rules.readFacts()
    const unused = await leases.transact((before) => {
      const [held] = heldOn(before, { project, network: name })
      if (held !== undefined)
        throw new PortolanError(
          'NETWORK_IN_USE',
          `Network ${name} has an endpoint (${held.holder.service}, ${held.address}): detach what is on it first.`,
        )
      let state = before
      const changes: LeaseChange[] = []
      const gone = parentedLeases(before, project, name)
      for (const lease of gone) {
        const step = releaseLease(state, leaseKey(lease))
        state = step.state
        changes.push(...step.changes)
      }
      const used = new Set(leasedSubnets(state).map(({ parented }) => parented?.parent))
      const parents = gone.flatMap(({ parented }) => parented?.parent ?? [])
      return { state, changes, result: parents.filter((parent) => !used.has(parent)) }
    })
    for (const parent of new Set(unused)) {
      const alias = rules.facts.interfaces?.find((link) => link.name === parent)?.alias
      if (parseVlanAlias(alias) === project) await links.deleteVlan(parent)
    }
    return true
  })
}
