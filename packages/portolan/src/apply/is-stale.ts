import { parseBridgeAlias } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'

/**
 * The facts and rules that a plan is made from.
 * @public @since 0.1.0
 */
export interface Observation {
  readonly facts: HostFacts
  readonly rules: HostRules
}

/**
 * Names the managed state that changed between two observations; null: nothing changed. Foreign changes do not count,
 * because a plan changes only managed state.
 * @example
 * isStale({ facts: {}, rules: noRules }, { facts: {}, rules: noRules }) // null
 * @public @since 0.1.0
 */
export const isStale = (before: Observation, now: Observation): string | null => {
  const changed = changedRules(before.rules, now.rules)
  if (changed !== null) return `Our ${changed} rules`
  if (ownBridges(before.facts) !== ownBridges(now.facts)) return 'Our bridges'
  return null
}

/**
 * The backend whose managed rules changed; null: none changed.
 * @internal
 */
export const changedRules = (before: HostRules, now: HostRules): Backend | null =>
  backends.find((backend) => !isUnchanged(backend, before, now)) ?? null

const isUnchanged = <One extends Backend>(
  backend: One,
  before: RulesByBackend,
  now: RulesByBackend,
): boolean => dialects[backend].isUnchanged(before[backend], now[backend])

const ownBridges = ({ interfaces }: HostFacts): string =>
  JSON.stringify(
    (interfaces ?? [])
      .filter(({ alias }) => parseBridgeAlias(alias) !== null)
      .map(({ name, alias, mtu, addresses }) => [
        name,
        alias,
        mtu,
        (addresses ?? []).filter((address) => !address.startsWith('fe80:')),
      ]),
  )
