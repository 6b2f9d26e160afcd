import type { OwnedNetwork, Runner } from '@portolan/core'
import type { Backend } from '../../backend/backend.ts'
import { readRules } from '../../host-rules/read-rules.ts'
import { notGuardedElsewhere } from './not-guarded-elsewhere.ts'

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
): Promise<readonly OwnedNetwork[]> =>
  networks.every(({ network }) => guarded.includes(network.bridge))
    ? networks
    : notGuardedElsewhere(backend, networks, guarded, await readRules(runner, null))
