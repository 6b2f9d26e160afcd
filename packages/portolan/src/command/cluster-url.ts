import { InvalidRequestError } from '@portolan/netfilter'
import { readConfig } from '../config/read-config.ts'
import type { Options } from './option-table.ts'

/**
 * The cluster that --cluster names, or config.yaml.
 * @throws InvalidRequestError when neither does
 */
export const clusterUrl = (options: Options): string => {
  const url = options.cluster ?? readConfig().cluster ?? null
  if (url !== null) return url
  throw new InvalidRequestError(
    'nothing says which cluster is meant. Name it with --cluster etcd://HOST:2379/NAME, or for good as cluster: in /etc/portolan/config.yaml.',
  )
}
