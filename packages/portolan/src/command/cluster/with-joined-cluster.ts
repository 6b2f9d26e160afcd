import { readMember } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { hasJoined } from '../../cluster/this-member.ts'
import { readConfig } from '../../config/read-config.ts'
import type { Options } from '../options/option-table.ts'
import { usesFiles } from '../sources/read-facts.ts'
import { directoryOf } from './call.ts'

/**
 * The options with the cluster that this host has joined, where nothing names one: for commands that are printed, which ask
 * etcd then.
 */
export const withJoinedCluster = async (options: Options): Promise<Options> => {
  if (options.cluster !== undefined) return options
  if (options.state === undefined && usesFiles(options)) return options
  const url = await joinedUrl(directoryOf({ options }))
  return url === null ? options : { ...options, cluster: url }
}

/** What keeps the config or the state directory from being read is told by what needs it. */
const joinedUrl = async (directory: string): Promise<string | null> => {
  try {
    if (readConfig().cluster != null) return null
    const member = await readMember(directory)
    return member !== null && member.left !== true && hasJoined(member) ? (member.url ?? null) : null
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
