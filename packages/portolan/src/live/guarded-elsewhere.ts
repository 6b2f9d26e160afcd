import type { OwnedNetwork, Runner } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { type Backend, backends } from '../backend/backend.ts'
import { readRules } from '../host-rules/read-rules.ts'

/**
 * The networks whose rules have to be in one backend: not those that another backend guards, as their projects were
 * applied with that one.
 *
 * @param guarded - the bridges that this backend has something for
 * @internal
 */
export const networksToGuard = async (
  backend: Backend,
  networks: readonly OwnedNetwork[],
  guarded: readonly string[],
  runner: Runner,
): Promise<readonly OwnedNetwork[]> => {
  const isHere = ({ network }: OwnedNetwork): boolean => guarded.includes(network.bridge)
  if (networks.every(isHere)) return networks
  const rules = await readRules(runner, null)
  const elsewhere = new Set(
    backends
      .filter((one) => one !== backend)
      .flatMap((one) =>
        one === 'nftables' ? nftables.guardedBridges(rules.nftables) : iptables.guardedBridges(rules[one]),
      ),
  )
  return networks.filter((one) => isHere(one) || !elsewhere.has(one.network.bridge))
}
