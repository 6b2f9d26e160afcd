import type { OwnedNetwork, Runner } from '@portolan/core'
import { type Backend, backends } from '../../backend/backend.ts'
import { dialects, type RulesByBackend } from '../../backend/dialects.ts'
import { readRules } from '../../host-rules/read-rules.ts'

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
  const elsewhere = new Set(backends.filter((one) => one !== backend).flatMap((one) => bridgesIn(one, rules)))
  return networks.filter((one) => isHere(one) || !elsewhere.has(one.network.bridge))
}

const bridgesIn = <One extends Backend>(backend: One, rules: RulesByBackend): readonly string[] =>
  dialects[backend].guardedBridges(rules[backend])
