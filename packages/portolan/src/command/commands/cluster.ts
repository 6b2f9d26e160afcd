import { InvalidRequestError } from '@portolan/netfilter'
import { openCluster } from '../../cluster/open-cluster.ts'
import { didYouMean } from '../../text/closest.ts'
import { type ClusterCall, directoryOf } from '../cluster/call.ts'
import { clusterUrl, withMeantCluster } from '../cluster/cluster-url.ts'
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

/**
 * The longest wait for servers that elect a leader, in milliseconds. A plan need not wait, because it can use what is
 * remembered. A verb of this command needs etcd.
 */
const VOTE_MS = 15_000

/** `portolan cluster VERB`: blocks of a cluster on etcd. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const [verb = ''] = context.positionals
  const work = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (work === undefined)
    throw new InvalidRequestError(
      `there is no \`portolan cluster ${verb}\`.${didYouMean(verb, Object.keys(verbs), (one) => `"${one}"`)} There are ${Object.keys(verbs).join(', ')}.`,
    )
  // Pools are settled for every host. So the cluster is not taken from what one host remembers.
  const options = verb === 'init' ? context.options : await withMeantCluster(context.options)
  const cluster = await openCluster(clusterUrl(options), VOTE_MS)
  try {
    return await work({ ...context, options, ...cluster, directory: directoryOf(context) })
  } finally {
    await cluster.store.close()
  }
}
