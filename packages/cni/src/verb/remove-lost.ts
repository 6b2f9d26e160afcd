import { findLostBlock } from '@portolan/core/planning'
import { defaultStateDirectory } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type LiveHost, readConfig } from 'portolan'
import { blocksHere } from '../attachment/blocks-here.ts'
import type { NetworkConfig } from '../config/network-config.ts'

/**
 * Removes a network in a block that this host has lost, if no container is on it. It is then made again in a block that
 * the host holds. The last DEL keeps a network, and no other verb could remove this one. Where the configuration names
 * the lost subnet, the network stays: it would come back the same.
 */
export const removeLost = async (host: LiveHost, config: NetworkConfig): Promise<void> => {
  const { name, subnet, ipv6, stateDir } = config
  const known = host.networks().find((one) => one.name === name)
  if (known === undefined || host.endpoints().some(({ network }) => network === name)) return
  const blocks = await blocksHere(readConfig(), stateDir ?? defaultStateDirectory())
  if (blocks === null) return
  const isLost = (has: string | undefined): boolean =>
    has !== undefined && findLostBlock({ network: name, subnet: has }, blocks, true) !== null
  const [lost, lost6] = [isLost(known.ip?.subnet), isLost(known.ip6?.subnet)]
  if ((!lost && !lost6) || (lost && subnet !== undefined) || (lost6 && typeof ipv6 === 'string')) return
  await removeUnused(host, name)
}

/** Removes a network, unless containers have joined it meanwhile. */
export const removeUnused = async (host: LiveHost, name: string): Promise<void> => {
  try {
    await host.removeNetwork(name)
  } catch (error) {
    if (!(error instanceof PortolanError && error.code === 'NETWORK_IN_USE')) throw error
  }
}
