import { readHeldBlocks, readMember } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { hasJoined } from '../../cluster/this-member.ts'
import { readConfig } from '../../config/read-config.ts'
import type { Options } from '../options/option-table.ts'
import type { PrintedOptions } from '../options/with-own-options.ts'
import { usesFiles } from '../sources/read-facts.ts'
import { directoryOf } from './call.ts'
import { namedCluster } from './cluster-url.ts'
import { outsidePools } from './outside-pools.ts'

/**
 * Adds to the options the cluster that this host has joined, where nothing names one. Printed commands then ask etcd.
 * If this host has left the named cluster, it adds pools outside that cluster, for the command that moves a network
 * out.
 */
export const withJoinedCluster = async (options: Options): Promise<PrintedOptions> => {
  if (options.state === undefined && usesFiles(options)) return options
  const directory = directoryOf({ options })
  try {
    const named = namedCluster({ options })
    if (named !== null) {
      const outside = outsidePools(await readHeldBlocks(named, directory), readConfig().pools ?? [])
      return outside === null ? options : { ...options, outside }
    }
    const url = await joinedUrl(directory)
    return url === null ? options : { ...options, cluster: url }
  } catch (error) {
    // The code that needs the config or the state directory reports why it cannot be read.
    if (error instanceof PortolanError || error instanceof InvalidRequestError) return options
    throw error
  }
}

const joinedUrl = async (directory: string): Promise<string | null> => {
  const member = await readMember(directory)
  return member !== null && member.left !== true && hasJoined(member) ? (member.url ?? null) : null
}
