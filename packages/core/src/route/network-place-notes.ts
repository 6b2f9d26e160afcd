import { formatPrefix, parsePrefix, prefixesOverlap, type Wording } from '@portolan/netfilter'
import type { DesiredNetwork } from '../contract/desired-state.ts'
import type { Intent } from '../intent/index.ts'
import { blockPools, type HeldBlocks } from '../pool/held-blocks.ts'
import type { SubnetPlan } from '../pool/index.ts'
import { type Pool, poolsOf } from '../pool/pool.ts'
import { leavingBlockNotes } from './leaving-block-notes.ts'
import { uncheckedSubnetNotes } from './unchecked-subnet-notes.ts'
import { isOpen } from './with-neighbours.ts'

interface Planned {
  readonly intent: Intent
  /** Null: this host is in no cluster. */
  readonly blocks: HeldBlocks | null
  /** The pools that the caller names; null: none. */
  readonly pools: readonly Pool[] | null
  /** A program holds the networks: no file says what they should be. */
  readonly isLive?: boolean
  /** Writes a command of `portolan` so that it names the project. */
  readonly ownCommand?: (command: string) => string
  /** How messages name what the user may change; by default as the command does. */
  readonly wording?: Wording
}

/** Notes about networks outside the blocks that this host keeps: some sentences for each subnet. */
export const networkPlaceNotes = (
  subnets: readonly SubnetPlan[],
  networks: readonly DesiredNetwork[],
  planned: Planned,
): readonly string[] =>
  planned.blocks === null
    ? []
    : [
        ...leavingBlockNotes(
          networks,
          planned.blocks,
          planned.isLive ?? false,
          planned.ownCommand,
          planned.wording,
        ),
        ...outsideBlocksNotes(subnets, networks, planned),
        ...uncheckedSubnetNotes(networks, planned.blocks),
      ]

/**
 * Notes about networks outside the blocks of this host that nothing asks to be there. A file may have named the subnet
 * before, or the host may have joined the cluster later. No other host has a route to such a network.
 *
 * @returns a note for each network
 */
const outsideBlocksNotes = (
  subnets: readonly SubnetPlan[],
  networks: readonly DesiredNetwork[],
  { intent, blocks, pools, isLive = false, ownCommand = (command) => command }: Planned,
): readonly string[] => {
  const outside = subnets.flatMap(({ network: name, family, subnet, origin, pool, overlaps }) => {
    if (blocks === null || isLive || origin !== 'held' || pool !== null || overlaps.length > 0) return []
    const isChosen = intent.networks.some((one) => one.name === name && one.pools != null)
    if (isChosen || poolsOf(family, pools ?? [], []).length > 0) return []
    const wanted = networks.find((one) => one.name === name)
    const own = wanted?.[family] ?? null
    if (wanted === undefined || own === null || !isOpen(wanted, own)) return []
    // A host without a block has nowhere to move to. A network in a block to give back has a note of its own.
    if ((blockPools(blocks, family) ?? []).length === 0) return []
    const prefix = parsePrefix(subnet)
    if (blocks.leaving?.some((block) => prefixesOverlap(parsePrefix(block), prefix)) === true) return []
    return [{ name, subnet: formatPrefix(prefix), cluster: blocks.cluster }]
  })
  return [...new Map(outside.map((one) => [one.name, one])).values()].map(({ name, cluster }) => {
    const named = outside.filter((one) => one.name === name).map(({ subnet }) => subnet)
    return `Network ${name} (${named.join(', ')}) is outside the blocks of this host in cluster ${cluster}, so containers of other hosts do not reach it. Give it a subnet in a block: \`${ownCommand(`portolan move ${name}`)}\`.`
  })
}
