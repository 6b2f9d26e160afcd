import { readMember } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { readConfig } from '../../config/read-config.ts'
import type { Options } from '../options/option-table.ts'
import { directoryOf } from './call.ts'

const waysToName =
  'Name it with --cluster etcd://HOST:2379/NAME, or for good as cluster: in /etc/portolan/config.yaml.'

/**
 * The URL of the cluster that --cluster or config.yaml names.
 * @throws InvalidRequestError when neither names one
 */
export const clusterUrl = (options: Options): string => {
  const url = namedCluster({ options })
  if (url !== null) return url
  throw new InvalidRequestError(`nothing says which cluster is meant. ${waysToName}`)
}

/**
 * Makes sure that the options name the cluster that is meant, so that printed commands name it too. Where neither
 * --cluster nor config.yaml names one, it is the cluster that this host joined last.
 *
 * @throws InvalidRequestError when no cluster is known; and what keeps the state directory from being read
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
