import type { ParentedNetworkOptions } from '@portolan/core'
import { leaseKey } from '@portolan/core'
import { withLeaseStore } from '../../leases/with-lease-store.ts'
import type { LiveHost } from '../../live/live-host.ts'
import { differences } from '../../live/networks/kept-parented.ts'
import { type ParentedState, putParentedBack, readParented } from '../../live/networks/put-parented-back.ts'
import type { Options } from '../options/option-table.ts'

interface Named {
  readonly project: string
  readonly network: string
}

/**
 * Does work on a network on an interface. The network is made for the work, or changed to what is asked for. If the
 * work fails, the network becomes what it was before, unless another program has attached to it meanwhile.
 *
 * @returns sentences about what changed of a network that existed, and the result of the work
 */
export const onParent = async <T>(
  host: Pick<LiveHost, 'ensureParentedNetwork' | 'removeNetwork'>,
  options: Options,
  named: Named,
  parented: ParentedNetworkOptions,
  work: () => Promise<T>,
): Promise<{ readonly notes: readonly string[]; readonly result: T }> => {
  const read = (): Promise<ParentedState> => inStore(options, (store) => readParented(store, named))
  const before = await read()
  await host.ensureParentedNetwork(named.network, parented)
  const after = await read()
  try {
    return { notes: changesOf(named, before, after), result: await work() }
  } catch (error) {
    // A network that was made is removed again, with the VLAN that was made for it.
    if (before.subnets.length === 0) await host.removeNetwork(named.network).catch(() => {})
    else await inStore(options, (store) => putParentedBack(store, named, before, after))
    throw error
  }
}

type Store = Parameters<typeof readParented>[0]

const inStore = <T>({ state }: Options, work: (store: Store) => Promise<T>): Promise<T> => {
  const place = state === undefined ? {} : { stateDirectory: state }
  return withLeaseStore(place, (store) => {
    if (store === null) throw new TypeError('the store that a folder names is there')
    return work(store)
  })
}

const changesOf = (
  { project, network }: Named,
  before: ParentedState,
  after: ParentedState,
): readonly string[] => {
  const found = before.subnets.flatMap((known) => {
    const now = after.subnets.find((lease) => leaseKey(lease) === leaseKey(known))
    return now === undefined ? [] : differences(known, now)
  })
  return [
    ...new Set(
      found.map(
        ({ has, asked }) =>
          `Network ${project}/${network} had ${has} until now, and has ${asked} from now on, for each endpoint that is attached to it.`,
      ),
    ),
  ]
}
