import { runBlockSteps, setUpCluster } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'
import { writtenThere } from '../../cluster/join-line.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { waitFor } from '../wait-for.ts'
import { type ClusterCall, placeOf, refuseOptions } from './call.ts'

/** `portolan cluster init`: settles the pools. */
export const init = async (call: ClusterCall): Promise<ExitCode> => {
  refuseOptions(call, 'init', ['pool', 'force'])
  const { options, terminal, store, name } = call
  const { pool: wanted = [] } = options
  if (wanted.length === 0)
    throw new InvalidRequestError(
      'a cluster needs pools: name each with the size of its blocks, such as --pool 10.64.0.0/12:24.',
    )
  const { pools, changed } = await waitFor(call, 'asking etcd', () =>
    runBlockSteps(
      store,
      setUpCluster(wanted, {
        forgetsReclaimed: options.force === true,
        written: writtenThere(placeOf(call)),
      }),
    ),
  )
  if (options.json === true) terminal.print(jsonText({ cluster: name, pools, changed }))
  else
    terminal.print(
      changed
        ? `Hosts of cluster ${name} claim blocks from ${pools.join(', ')}.`
        : `Cluster ${name} has these pools already. Nothing was changed.`,
    )
  return exitCode.ok
}
