import { families, formatPrefix, parsePrefix } from '@portolan/netfilter'
import { withTakeover } from '../pool/blocks-exhausted.ts'
import { type HeldBlocks, isUnchecked } from '../pool/held-blocks.ts'

/** A network, present or planned, with its subnets. */
interface NamedSubnets {
  readonly name: string
  readonly ip: { readonly subnet: string } | null
  readonly ip6: { readonly subnet: string } | null
  /** True: another program has the network. */
  readonly external?: boolean
}

/**
 * Notes about subnets that may lie in blocks of other hosts. The named cluster was not seen, because this host has not
 * joined it.
 *
 * @param blocks - null: this host is in no cluster, and none is named
 * @returns a note for each network
 */
export const uncheckedSubnetNotes = (
  networks: readonly NamedSubnets[],
  blocks: HeldBlocks | null,
): readonly string[] => {
  if (blocks === null || !isUnchecked(blocks)) return []
  return networks.flatMap((network) => {
    const subnets = families.flatMap((family) => network[family]?.subnet ?? [])
    if (network.external === true || subnets.length === 0) return []
    const listed = subnets.map((subnet) => formatPrefix(parsePrefix(subnet))).join(', ')
    if (blocks.elsewhere !== undefined)
      return [
        `Network ${network.name} (${listed}) was not checked against blocks of other hosts in cluster ${blocks.cluster}: ${blocks.elsewhere}`,
      ]
    return [
      `Network ${network.name} (${listed}) was not checked against blocks of other hosts in cluster ${blocks.cluster}, as this host has not joined it, or its state directory was lost. Join it: \`${blocks.join}\`. ${withTakeover} Where another host has the block of a network, that is told then.`,
    ]
  })
}
