import { InvalidRequestError } from '@portolan/netfilter'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from '../sources/read-facts.ts'

/**
 * The cluster of --cluster, for a command that plans.
 * @throws InvalidRequestError where the host is described by files, and nothing says where its blocks are remembered
 */
export const clusterOption = (options: Options): { readonly cluster?: string } => {
  const { cluster, state } = options
  if (cluster === undefined) return {}
  if (state === undefined && usesFiles(options))
    throw new InvalidRequestError(
      '--cluster picks subnets in the blocks of a host, and files describe another host than this one. Add --state DIR, the folder where that host remembers its blocks, or leave --cluster out.',
    )
  return { cluster }
}
