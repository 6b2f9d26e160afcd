import { type HostFacts, parsePrefix, type Wording } from '@portolan/netfilter'
import { isAboutBlocks, remadeInBlock } from '../conflict/find-lost-block.ts'
import { bridgeDown, bridgeNameTaken, type Conflict, subnetOverlap } from '../conflict/index.ts'
import { afterNewName } from '../conflict/kind/after-new-name.ts'
import { type FoundOverlap, withBothFamilies } from '../conflict/kind/both-families.ts'
import type { DesiredState } from '../contract/desired-state.ts'
import { takerOfBridge } from '../contract/taken-bridge.ts'
import { engineOfInterface } from '../engine/index.ts'
import type { HeldBlocks, SubnetPlan } from '../pool/index.ts'
import type { KeptSubnet } from './families-to-move.ts'
import { moveAgain } from './note-moves.ts'

/**
 * Finds fixed or held subnets that overlap something on the host.
 *
 * @param kept - subnets that should move and have no other one: moving them again is no remedy
 */
export const findSubnetOverlaps = (
  subnets: readonly SubnetPlan[],
  kept: readonly KeptSubnet[],
  { interfaces = [], networks = [] }: HostFacts,
  {
    wording,
    isLive,
    blocks = null,
  }: { readonly wording?: Wording; readonly isLive?: boolean; readonly blocks?: HeldBlocks | null },
): readonly Conflict[] => {
  const inUseBeside = (network: string): readonly string[] => [
    ...interfaces.flatMap(({ addresses }) => addresses ?? []),
    ...networks.flatMap((one) => one.subnets ?? []),
    ...subnets.filter((one) => one.network !== network).map((one) => one.subnet),
  ]
  const found = subnets.flatMap((planned): readonly FoundOverlap[] => {
    const {
      network,
      family,
      subnet,
      origin,
      overlaps: [first, ...more],
    } = planned
    if (first === undefined) return []
    const isWireguard = (device: string | null): boolean =>
      interfaces.some(({ name, kind }) => name === device && kind === 'wireguard')
    const overlapped = [first, ...more].map((one) => ({
      ...one,
      owner: one.owner ?? (isWireguard(one.interface) ? 'wireguard' : one.interface),
    }))
    const isHeld = origin === 'held'
    const conflict = subnetOverlap(network, subnet, overlapped, isHeld, wording, isLive, blocks?.left)
    const foundOverlap = (one: Conflict): readonly FoundOverlap[] => [{ conflict: one, subnet, overlapped }]
    const missing = kept.find((one) => one.network === network && one.family === family)?.missing ?? null
    if (missing !== null)
      return foundOverlap({ ...conflict, remedy: { text: moveAgain(missing), commands: [] } })
    if (blocks === null || !isAboutBlocks(conflict)) return foundOverlap(conflict)
    const isRemade = isLive === true && isHeld
    const remedy = isRemade ? remadeInBlock(parsePrefix(subnet), blocks, wording) : conflict.remedy
    const all = subnets.filter(
      (one) => one.network === network && one.overlaps.some(({ kind }) => kind === 'cluster'),
    )
    return foundOverlap(
      afterNewName(
        { ...conflict, remedy },
        all.map((one) => one.subnet),
        blocks,
        inUseBeside(network),
      ),
    )
  })
  return withBothFamilies(found, (one) => blocks !== null && isAboutBlocks(one))
}

/** Finds bridges that cannot be made, because an interface of that name exists. */
export const findTakenNames = (
  desired: DesiredState,
  facts: HostFacts,
  wording?: Wording,
): readonly Conflict[] =>
  desired.networks.flatMap((network) => {
    const taker = takerOfBridge(network, desired, facts)
    return taker === null ? [] : [bridgeNameTaken(network.name, network.bridge, taker.alias ?? '', wording)]
  })

/** Finds foreign bridges that are down: the plan leaves them as they are. */
export const findBridgesDown = ({ networks }: DesiredState, facts: HostFacts): readonly Conflict[] =>
  networks.flatMap(({ name, bridge, external }) => {
    const link = external ? facts.interfaces?.find((one) => one.name === bridge) : undefined
    if (link?.up !== false) return []
    const engine = facts.networks?.find((one) => one.bridge === bridge)?.engine
    return [bridgeDown(name, bridge, engine ?? engineOfInterface(bridge))]
  })
