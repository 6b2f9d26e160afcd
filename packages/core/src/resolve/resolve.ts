import type { Family, HostFacts } from '@portolan/netfilter'
import { type Conflict, findHostPortTaken, findParentConflicts } from '../conflict/index.ts'
import { attachedEndpoints } from '../contract/attached-endpoints.ts'
import type { DesiredNetwork, DesiredOpening, DesiredState } from '../contract/desired-state.ts'
import { parseBridgeAlias } from '../contract/index.ts'
import { isInside } from '../contract/openings.ts'
import { poolsTouched } from '../engine/index.ts'
import type { Intent, IntentNote, NetworkIntent, ParentedNetworkIntent } from '../intent/index.ts'
import { emptyLeases, type LeaseProposal, leasedSubnets } from '../lease/index.ts'
import { parsePool, planSubnets, type SubnetPlan, type SubnetRequest } from '../pool/index.ts'
import { type AddressUse, addressUse } from './address-use.ts'
import { addressed } from './address-wish.ts'
import { assignAddresses } from './assign-addresses.ts'
import { portSupply } from './automatic-ports.ts'
import { leasedBesideParent } from './beside-parent.ts'
import { checkArguments } from './check-arguments.ts'
import { checkIntent } from './check-intent.ts'
import { checkPortCount } from './check-port-count.ts'
import { expandMappings } from './expand-mappings.ts'
import { expandOpenings } from './expand-openings.ts'
import { checkExternalPorts, type ExternalNetwork, findExternalNetwork } from './external-network.ts'
import { familiesToMove, type IsMoved } from './families-to-move.ts'
import { checkHostAddresses } from './host-address.ts'
import { keptNames } from './kept-names.ts'
import { draftLeases } from './lease-draft.ts'
import { leaseSubnets, subnetLeases, unfinishedMove } from './lease-subnets.ts'
import { leasingNetwork } from './leasing-network.ts'
import { leaveBridgeless } from './leave-bridgeless.ts'
import { checkMove } from './move.ts'
import { findBridgesDown, findSubnetOverlaps, findTakenNames } from './network-conflicts.ts'
import { noteAbsentAddresses } from './note-absent-addresses.ts'
import { noteGuessedAddresses } from './note-guessed-addresses.ts'
import { noteIdlePools } from './note-idle-pools.ts'
import { noteIdleRestrictions } from './note-idle-restrictions.ts'
import { noteMissingFamily } from './note-missing-family.ts'
import { noteMoves } from './note-moves.ts'
import { noteParented } from './note-parented.ts'
import { notePortInterfaces } from './note-port-interfaces.ts'
import { parentUse } from './parent-use.ts'
import { releaseUnwantedPorts } from './release-unwanted-ports.ts'
import type { ResolveOptions } from './resolve-options.ts'
import { settleNetwork } from './settle-network.ts'
import { endpointsOn, leasedParents, settleParented } from './settle-parented.ts'
import { leaseAttached, unleasedUse } from './unleased-use.ts'

/** @public @since 0.1.0 */
export interface Resolution {
  readonly desired: DesiredState
  readonly subnets: readonly SubnetPlan[]
  readonly conflicts: readonly Conflict[]
  readonly notes: readonly IntentNote[]
  /** The leases that must be taken for these choices to last. */
  readonly leases: LeaseProposal
}

/**
 * Makes every choice that an intent leaves open: subnets, gateways, bridge names, addresses, host ports. It is pure and
 * deterministic: the same intent, facts and leases give the same answer.
 *
 * @throws PoolExhaustedError when no subnet is free
 * @throws IntentError for an intent that no reader would make, or that this host cannot meet, such as one with a
 * missing external network
 * @public @since 0.1.0
 */
export const resolve = (wanted: Intent, facts: HostFacts, options: ResolveOptions = {}): Resolution => {
  checkArguments(wanted, facts, options)
  checkIntent(wanted)
  const { intent, notes: left } = leaveBridgeless(wanted, facts)
  checkPortCount(intent.mappings)
  const external = new Map(
    intent.networks
      .filter((network) => network.external)
      .map((network) => [network.name, findExternalNetwork(network, facts)]),
  )
  checkExternalPorts(intent, external)
  const leases = draftLeases(options.leases ?? emptyLeases)
  const move = checkMove(intent, options.move ?? [], options.wording)
  const own = intent.networks.filter((network) => !network.external)
  const parented = intent.parented ?? []
  const removed = removedBridges(intent, facts, external)
  checkHostAddresses(parented, facts, removed)
  const kept = keptNames(leases.state, intent.project, own, parented)
  // The leases from before this plan: what the plan itself leases is not a move that was cut off.
  const leasedBefore = leases.state
  const unfinished = (network: string, family: Family) =>
    unfinishedMove(leasedBefore, facts, intent.project, network, family)
  const planWith = (isMoved: IsMoved, only?: ReadonlySet<string>) =>
    planSubnets(
      facts,
      [...own, ...parented].flatMap((network) =>
        only !== undefined && !only.has(network.name)
          ? []
          : subnetRequests(network).map((request) => ({
              ...request,
              renumber: isMoved(network.name, request.family),
              held: isMoved(network.name, request.family)
                ? null
                : (unfinished(network.name, request.family)?.held ?? null),
            })),
      ),
      [...(options.pools ?? [])],
      {
        project: intent.project,
        removedBridges: removed,
        ...(options.reserve === undefined ? {} : { reserve: options.reserve }),
        ...(options.allow === undefined ? {} : { allow: options.allow }),
        ...(options.blocks == null ? {} : { blocks: options.blocks }),
        ...(options.wording === undefined ? {} : { wording: options.wording }),
        leases: subnetLeases(leases.state, intent.project, kept),
      },
    )
  const { isMoved, kept: unmoved } = familiesToMove(move, {
    planWith,
    isUnderWay: (network, family) => unfinished(network, family) !== null,
    blocks: options.blocks ?? null,
  })
  const subnets = planWith(isMoved)
  const onWires = new Set(parented.map(({ name }) => name))
  const wires = parented.map((network) => settleParented(network, subnets, facts))
  leaseSubnets(intent.project, subnets, isMoved, facts, leases, leasedParents(parented, wires))
  const networks = intent.networks.map(
    (network) =>
      external.get(network.name)?.network ??
      settleNetwork(intent.project, network, subnets, options.isLive ?? false),
  )
  const others = options.others ?? []
  const uses = new Map<string, AddressUse>(
    [...external].flatMap(([name, found]) =>
      found.owner === null
        ? [[name, addressUse(found, facts, new Set(options.translated), new Set(options.own))] as const]
        : [],
    ),
  )
  const parents =
    wires.length === 0 ? [] : leasedSubnets(leases.state).flatMap((lease) => lease.parented?.parent ?? [])
  for (const { name, parent } of wires) {
    const isBeside = leasedBesideParent(parent, parents, (key) => leases.book.find(key))
    uses.set(name, parentUse(parent, facts, options.translated ?? [], isBeside))
  }
  const onOwnBridges = networks.map((network) =>
    addressed(network, leasingNetwork(intent.project, network, facts), intent.networks),
  )
  const unleased = unleasedUse(facts, leases.state)
  leaseAttached(intent, onOwnBridges, unleased, leases)
  const { endpoints: all, notes } = assignAddresses(
    {
      project: intent.project,
      endpoints: [...intent.endpoints, ...parented.flatMap(({ endpoints }) => endpoints)],
    },
    [
      ...onOwnBridges,
      // All networks on one parent, of whatever project, pick from one set of addresses.
      ...wires.map((network) => addressed(network, { project: null, network: network.parent }, parented)),
    ],
    leases,
    others,
    uses,
    { isAttachedOn: attachedEndpoints(facts), unleased },
  )
  const endpoints = all.filter(({ network }) => !onWires.has(network))
  releaseUnwantedPorts(intent, leases)
  const supply = portSupply(facts, intent.mappings, others, leases)
  const expanded = expandMappings(intent, networks, endpoints, others, supply)
  const opened = expandOpenings(intent, networks, endpoints, facts)
  const desired: DesiredState = {
    project: intent.project,
    networks: networks.map((network) => withLinks(network, opened.openings)),
    endpoints,
    mappings: expanded.mappings,
    ...(opened.openings.length === 0 ? {} : { openings: opened.openings }),
    guardForwarding: options.guardForwarding ?? false,
    ...(wires.length === 0
      ? {}
      : {
          parented: wires.map((network) => ({
            ...network,
            endpoints: endpointsOn(network, all, facts),
          })),
        }),
  }
  const onBridges = subnets.filter(({ network }) => !onWires.has(network))
  return {
    desired,
    subnets,
    conflicts: [
      ...findSubnetOverlaps(onBridges, unmoved, facts, options),
      ...findParentConflicts(desired, facts),
      ...findTakenNames(desired, facts, options.wording),
      ...findBridgesDown(desired, facts),
      ...expanded.conflicts,
      ...findHostPortTaken(desired, facts),
    ],
    notes: [
      ...intent.notes,
      ...left,
      ...noteMoves(subnets, unmoved, move, isMoved, unfinished),
      ...notes,
      ...expanded.notes,
      ...opened.notes,
      ...noteGuessedAddresses(intent, external, uses, desired),
      ...noteAbsentAddresses(intent, desired, facts),
      ...noteMissingFamily(intent, desired, facts),
      ...notePortInterfaces(intent, desired, facts),
      ...noteIdlePools(intent),
      ...noteIdleRestrictions(intent, desired, facts),
      ...(desired.parented ?? []).flatMap((network) =>
        parented
          .filter(({ name }) => name === network.name)
          .flatMap((one) => noteParented(intent.project, one, network, subnets, facts)),
      ),
      ...poolsTouched(subnets, facts).map((text) => ({ text, place: null })),
    ],
    leases: leases.propose({
      project: intent.project,
      networks: [...intent.networks, ...parented],
      endpoints: [...intent.endpoints, ...parented.flatMap((network) => network.endpoints)],
    }),
  }
}

/**
 * Marks a network whose containers reach each other although `icc` is off. The mark decides how the ports of its bridge
 * are kept apart.
 */
const withLinks = (network: DesiredNetwork, openings: readonly DesiredOpening[]): DesiredNetwork =>
  !network.icc && !network.external && openings.some((one) => isInside(one) && one.network === network.name)
    ? { ...network, linked: true }
    : network

/**
 * The bridges that `diffLinks` will remove: those of this project whose network it no longer has, unless an external
 * network names the bridge.
 */
const removedBridges = (
  { project, networks }: Intent,
  { interfaces }: HostFacts,
  external: ReadonlyMap<string, ExternalNetwork>,
): readonly string[] => {
  const own = new Set(networks.flatMap((network) => (network.external ? [] : [network.name])))
  const kept = new Set([...external.values()].map(({ network }) => network.bridge))
  return (interfaces ?? []).flatMap(({ name, alias }) => {
    const owner = parseBridgeAlias(alias)
    if (name === undefined || owner?.project !== project || own.has(owner.network) || kept.has(name))
      return []
    return [name]
  })
}

const subnetRequests = (network: NetworkIntent | ParentedNetworkIntent): readonly SubnetRequest[] => {
  const pools = network.pools?.map(parsePool) ?? null
  const request = (
    family: 'ip' | 'ip6',
    wanted: NetworkIntent['ip'] | ParentedNetworkIntent['ip'],
  ): readonly SubnetRequest[] =>
    wanted === null
      ? []
      : [
          {
            network: network.name,
            family,
            subnet: wanted.subnet,
            gateway: wanted.gateway,
            ipRange: wanted.ipRange,
            pools,
            place: network.place,
          },
        ]
  return [...request('ip', network.ip), ...request('ip6', network.ip6)]
}
