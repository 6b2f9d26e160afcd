import { type Config, type HeldBlocks, parseClusterUrl } from '@portolan/core'
import { refuseElsewhere } from '../../cluster/other-cluster.ts'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from '../sources/read-facts.ts'
import { directoryOf } from './call.ts'
import { clusterOption } from './cluster-option.ts'

/**
 * The blocks that the host of a command has in a cluster; null: no cluster is named. A host that files describe is
 * another host. It has no blocks here, unless --state says where its blocks are remembered.
 */
export const blocksFor = async (
  options: Options,
  config: Pick<Config, 'cluster'>,
): Promise<HeldBlocks | null> => {
  const named = clusterOption(options)
  const { state } = options
  if (state === undefined && usesFiles(options)) return null
  const { namedBlocks } = await import('../../cluster/named-blocks.ts')
  const url = named.cluster ?? config.cluster ?? null
  if (url !== null)
    await refuseElsewhere(directoryOf({ options }), parseClusterUrl(url).cluster, async () => null)
  return namedBlocks({ config, ...named, ...(state === undefined ? {} : { stateDirectory: state }) })
}
