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

/** A plan goes by what is remembered, and need not wait; what a verb is asked for has no other way than etcd. */
const VOTE_MS = 15_000

/** `portolan cluster VERB`: blocks of a cluster on etcd. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const [verb = ''] = context.positionals
  const work = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (work === undefined)
    throw new InvalidRequestError(
      `there is no \`portolan cluster ${verb}\`.${didYouMean(verb, Object.keys(verbs), (one) => `"${one}"`)} There are ${Object.keys(verbs).join(', ')}.`,
    )
  // Pools are of every host: it is never left to one of them which cluster is meant.
  const options = verb === 'init' ? context.options : await withMeantCluster(context.options)
  const cluster = await openCluster(clusterUrl(options), VOTE_MS)
  try {
    return await work({ ...context, options, ...cluster, directory: directoryOf(context) })
  } finally {
    await cluster.store.close()
  }
}
