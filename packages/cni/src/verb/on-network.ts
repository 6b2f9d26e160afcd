import type { LiveHost } from 'portolan'
import type { NetworkConfig } from '../config/network-config.ts'
import { refuseChange } from './refuse-change.ts'
import { removeLost, removeUnused } from './remove-lost.ts'
import { wantedNetwork } from './wanted-network.ts'

type Network = Awaited<ReturnType<LiveHost['ensureNetwork']>>

/** How often a network is made again because a call beside this one removes it just then. */
const ATTEMPTS = 5

/**
 * Does something on the network of a configuration, which is made first. A network that this call made goes again where the
 * work fails, unless other containers have come on it.
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
      // The call that made it has failed meanwhile, and taken it back.
      if (!isThere() && attempt < ATTEMPTS) continue
      if (!wasThere) await removeUnused(host, name)
      throw error
    }
  }
}
