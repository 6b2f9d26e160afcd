import type { HeldBlocks, SubnetPlan } from '@portolan/core'
import type { LostBlockUse } from '@portolan/core/planning'
import { parsePrefix, prefixesOverlap } from '@portolan/netfilter'

/**
 * The lost blocks of a host without those that conflicts of the project report. With a named cluster, a network of the
 * project in such a block has a conflict, or is moved.
 *
 * @param blocks - null: no cluster is named, so the project has no such conflict
 * @internal
 */
export const unreportedBlocks = (
  lost: readonly LostBlockUse[],
  project: string,
  subnets: readonly Pick<SubnetPlan, 'subnet'>[],
  blocks: HeldBlocks | null,
): readonly LostBlockUse[] => {
  if (blocks === null) return lost
  const ownSubnets = subnets.map(({ subnet }) => parsePrefix(subnet))
  return lost.flatMap((one): readonly LostBlockUse[] => {
    const networks = one.networks.filter((name) => !name.startsWith(`${project}/`))
    const prefix = parsePrefix(one.block)
    const isReported =
      networks.length < one.networks.length || ownSubnets.some((own) => prefixesOverlap(own, prefix))
    return isReported && networks.length === 0 ? [] : [{ ...one, networks }]
  })
}
