import { diffLinks, diffSysctls, type OwnedNetwork, outwardInterfaces } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import {
  type AnyRuleChange,
  changesByBackend,
  dialects,
  type RuleChange,
  type RulesByBackend,
} from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { hostPresence } from '../live/networks/host-networks.ts'
import type { PlanChange } from '../plan/plan.ts'
import type { Wish } from './wish.ts'

/** What is wanted of a project, with the backend that has its rules or is to have them. */
export interface PlacedWish extends Wish {
  readonly backend: Backend
}

/** A network of this host, with the backend of its rules. */
export interface PlacedNetwork extends OwnedNetwork {
  readonly backend: Backend
}

/** The differences between a host and what is wanted of it. */
export interface Drift {
  /** The changes that would mend the rules. There are none for a backend that could not be read whole. */
  readonly rules: Readonly<Record<Backend, readonly AnyRuleChange[]>>
  /** The changes that would mend bridges and sysctls, for projects whose wishes are known. */
  readonly host: readonly (PlanChange & { readonly project: string })[]
  /** Sentences about rules that cannot be known any more. */
  readonly lost: readonly string[]
}

/**
 * Compares the managed rules with what the networks of this host need, as their bridges tell. Compares them also with
 * what is wanted of projects, where that is known. Pure.
 *
 * @param setsSysctls - may sysctls be set? If not, a sysctl that is off is a conflict
 */
export const findDrift = (
  facts: HostFacts,
  rules: HostRules,
  networks: readonly PlacedNetwork[],
  wishes: readonly PlacedWish[],
  setsSysctls: boolean,
): Drift => {
  const lost: string[] = []
  const inOne = <One extends Backend>(backend: One): readonly RuleChange<One>[] => {
    if (!isRead(rules, backend)) return []
    const found = driftIn(
      backend,
      facts,
      rules,
      networks.filter((one) => one.backend === backend),
      wishes.filter((one) => one.backend === backend),
    )
    lost.push(...found.lost)
    return found.changes
  }
  return {
    rules: changesByBackend(inOne),
    host: wishes.flatMap(({ project, desired }) =>
      desired === null ? [] : hostChanges(project, desired, facts, setsSysctls),
    ),
    lost,
  }
}

/** Were the rules of a backend read whole? Only then is a rule missing that is not among them. */
export const isRead = ({ incomplete = [] }: HostRules, backend: Backend): boolean =>
  !incomplete.includes(backend)

/** All changes that would mend rules. */
export const allRuleChanges = ({ rules }: Drift): readonly AnyRuleChange[] =>
  backends.flatMap((backend) => rules[backend])

const driftIn = <One extends Backend>(
  backend: One,
  facts: HostFacts,
  rules: RulesByBackend,
  networks: readonly OwnedNetwork[],
  wishes: readonly PlacedWish[],
): { readonly changes: readonly RuleChange<One>[]; readonly lost: readonly string[] } => {
  const dialect = dialects[backend]
  const actual = rules[backend]
  const leaving = outwardInterfaces(facts)
  const mended = dialect.mend(actual, { networks, known: null, presence: hostPresence(facts), leaving })
  const wanted = wishes.reduce(
    (ruleset, { project, desired }) => dialect.adopt(ruleset, desired, project, { leaving }),
    mended.ruleset,
  )
  return {
    changes: dialect.diff(actual, wanted).map((change) => Object.assign(change, { part: backend })),
    lost: mended.lost,
  }
}

const hostChanges = (
  project: string,
  desired: NonNullable<Wish['desired']>,
  facts: HostFacts,
  setsSysctls: boolean,
): Drift['host'] => [
  ...diffLinks(desired, facts).map((change) => ({ ...change, part: 'link' as const, project })),
  ...diffSysctls(desired, facts, { writable: setsSysctls }).changes.map((change) => ({
    ...change,
    part: 'sysctl' as const,
    project,
  })),
]
