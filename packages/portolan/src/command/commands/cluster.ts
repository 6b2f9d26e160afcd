import { InvalidRequestError } from '@portolan/netfilter'
import { openCluster } from '../../cluster/open-cluster.ts'
import { readConfig } from '../../config/read-config.ts'
import { didYouMean } from '../../text/closest.ts'
import { type ClusterCall, directoryOf } from '../cluster/call.ts'
import { init } from '../cluster/init.ts'
import { join } from '../cluster/join.ts'
import { reclaim } from '../cluster/reclaim.ts'
import { release } from '../cluster/release.ts'
import { status } from '../cluster/status.ts'
import type { CommandContext } from '../command.ts'
import type { ExitCode } from '../exit-code.ts'

const verbs: Readonly<Record<string, (call: ClusterCall) => Promise<ExitCode>>> = {
  init,
  join,
  status,
  release,
  reclaim,
}

/** `portolan cluster VERB`: blocks of a cluster on etcd. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const [verb = ''] = context.positionals
  const work = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (work === undefined)
    throw new InvalidRequestError(
      `there is no \`portolan cluster ${verb}\`.${didYouMean(verb, Object.keys(verbs), (one) => `"${one}"`)} There are ${Object.keys(verbs).join(', ')}.`,
    )
  const url = context.options.cluster ?? readConfig().cluster ?? null
  if (url === null)
    throw new InvalidRequestError(
      'nothing says which cluster is meant. Name it with --cluster etcd://HOST:2379/NAME, or for good as cluster: in /etc/portolan/config.yaml.',
    )
  const cluster = await openCluster(url)
  try {
    return await work({ ...context, ...cluster, directory: directoryOf(context) })
  } finally {
    await cluster.store.close()
  }
}
