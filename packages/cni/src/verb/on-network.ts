import type { LiveHost } from 'portolan'
import type { NetworkConfig } from '../config/network-config.ts'
import { refuseChange } from './refuse-change.ts'
import { removeLost, removeUnused } from './remove-lost.ts'
import { wantedNetwork } from './wanted-network.ts'

type Network = Awaited<ReturnType<LiveHost['ensureNetwork']>>

/** The number of attempts to create a network while parallel calls remove it. */
const ATTEMPTS = 5

/**
 * Runs work on the network of a configuration, which is created first. Where the work fails, a network that this call
 * created is removed again, unless other containers have joined it.
 */
export const onNetwork = async <Result>(
  host: LiveHost,
  config: NetworkConfig,
  work: (network: Network) => Promise<Result>,
): Promise<Result> => {
  const { name } = config
  const isThere = (): boolean => host.networks().some((one) => one.name === name)
  for (let attempt = 1; ; attempt += 1) {
    await removeLost(host, config)
    const wasThere = isThere()
    refuseChange(host, config)
    const network = await host.ensureNetwork(name, wantedNetwork(config))
    try {
      return await work(network)
    } catch (error) {
      // The call that created the network has failed meanwhile and removed it.
      if (!isThere() && attempt < ATTEMPTS) continue
      if (!wasThere) await removeUnused(host, name)
      throw error
    }
  }
}
