import type { LeaseState } from '@portolan/core'
import { defaultStateDirectory } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import type { JoinPlace } from '../../cluster/join-line.ts'
import type { Cluster } from '../../cluster/open-cluster.ts'
import type { CommandContext } from '../command.ts'
import { readLeased } from '../sources/read-leased.ts'

/** The arguments of a verb of `portolan cluster`. */
export interface ClusterCall extends CommandContext, Cluster {
  /** The directory where this host remembers what it is in a cluster. */
  readonly directory: string
}

export const directoryOf = ({ options }: Pick<CommandContext, 'options'>): string =>
  options.state ?? defaultStateDirectory()

/** The cluster and the directory that printed commands are about. */
export const placeOf = ({ options, directory }: Pick<ClusterCall, 'options' | 'directory'>): JoinPlace => ({
  cluster: options.cluster ?? null,
  directory,
})

/** The leases of this host; null: they could not be read, which is printed. */
export const leasesOf = async ({ options, terminal }: CommandContext): Promise<LeaseState | null> => {
  const { state, unread } = await readLeased(options)
  for (const sentence of unread) terminal.say(`portolan: ${sentence}`)
  return state
}

/** @throws InvalidRequestError for an option of another verb */
export const refuseOptions = ({ options }: CommandContext, verb: string, taken: readonly string[]): void => {
  const every = ['cluster', 'json', 'state', 'help']
  const extra = Object.keys(options).find((option) => !every.includes(option) && !taken.includes(option))
  if (extra === undefined) return
  const those = ['--cluster', '--state', '--json', ...taken.map((option) => `--${option}`)]
  throw new InvalidRequestError(
    `\`portolan cluster ${verb}\` has no use for --${extra}: leave it out. It takes ${those.slice(0, -1).join(', ')} and ${those.at(-1)}.`,
  )
}

/** IPv6 pools have more blocks than a JSON number holds. */
export const plainNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
