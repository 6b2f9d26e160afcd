import { readMember } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { readConfig } from '../../config/read-config.ts'
import type { Options } from '../options/option-table.ts'
import { directoryOf } from './call.ts'

const waysToName =
  'Name it with --cluster etcd://HOST:2379/NAME, or for good as cluster: in /etc/portolan/config.yaml.'

/**
 * The cluster that --cluster names, or config.yaml.
 * @throws InvalidRequestError when neither does
 */
export const clusterUrl = (options: Options): string => {
  const url = namedCluster({ options })
  if (url !== null) return url
  throw new InvalidRequestError(`nothing says which cluster is meant. ${waysToName}`)
}

/**
 * The options with the cluster that is meant, so that commands which are printed have it: the one that --cluster names, or
 * config.yaml, or else the one that this host joined last.
 *
 * @throws InvalidRequestError when nothing says which that is; what keeps the state directory from being read
 */
export const withMeantCluster = async (options: Options): Promise<Options> => {
  if (namedCluster({ options }) !== null) return options
  const directory = directoryOf({ options })
  const { url: cluster } = (await readMember(directory)) ?? {}
  if (cluster !== undefined) return { ...options, cluster }
  throw new InvalidRequestError(
    `nothing says which cluster is meant, and the state directory ${directory} remembers none by its URL. ${waysToName}`,
  )
}

/** The URL of the cluster that --cluster or config.yaml names; null: neither does. */
export const namedCluster = ({ options }: { readonly options: Options }): string | null =>
  options.cluster ?? readConfig().cluster ?? null
