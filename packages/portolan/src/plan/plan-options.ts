import type { ClusterNeighbours, Config, PoolInput, Runner } from '@portolan/core'
import type { AddressInput, HostFacts, PrefixInput, Wording } from '@portolan/netfilter'
import {
  flagValue,
  functionValue,
  isAddressLike,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  textValue,
} from '@portolan/netfilter/schema'
import {
  backendValue,
  configValue,
  rangesValue,
  rulesValue,
  runnerValue,
  wordingValue,
} from '../arguments/value-kinds.ts'
import type { BackendChoice } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { type LeaseOptions, leaseKinds } from '../leases/with-lease-store.ts'

/**
 * @example
 * const options: PlanOptions = { facts: {}, rules: null, backend: 'nftables', pools: ['10.200.0.0/16:24'] }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, options)
 * p.subnets[0]?.subnet // '10.200.0.0/24'
 * @public @since 0.1.0
 */
export interface PlanOptions extends LeaseOptions {
  /** Facts of the host to plan for; absent: of this host, read now. */
  readonly facts?: HostFacts
  /** Its rules; absent: of this host, read now; null: not known, and taken to be empty. */
  readonly rules?: HostRules | null
  /** `auto` unless told: the one that has the project's rules, or else what the host has. */
  readonly backend?: BackendChoice
  /** What `auto` is for a project whose rules are in no backend: the one that it was in force with last. None unless told. */
  readonly lastBackend?: BackendChoice
  /** Pools for networks that name none: `classic`, `docker`, `10.0.0.0/8:24`, or `{ base, size }` with a base of ip-num; in order. */
  readonly pools?: readonly PoolInput[]
  /** Prefixes to avoid beside what the host has. */
  readonly reserve?: readonly (AddressInput | PrefixInput)[]
  /** Prefixes not to avoid, whatever the host has. */
  readonly allow?: readonly (AddressInput | PrefixInput)[]
  /** What is settled once for all, of `readConfig`; the options above have the last word over it. None unless told. */
  readonly config?: Config
  /**
   * The cluster, as `parseClusterUrl` reads it, whose blocks of this host stand in place of pools that none of the options
   * names; the one that the host has joined unless this or `config` names one; null: none, whatever `config` and the state
   * directory say. It is not asked: what the state directory remembers counts.
   */
  readonly cluster?: string | null
  /** Drop what is forwarded between interfaces that are not ours. */
  readonly guardForwarding?: boolean
  /** False: sysctls are left alone, and one that is off becomes a conflict. */
  readonly sysctls?: boolean
  /** Mend conflicts in the ways that other programs document: DOCKER-USER, ufw, firewalld. */
  readonly fix?: boolean
  /** Networks that get another subnet than the one they have, and their endpoints other addresses. */
  readonly move?: readonly string[]
  /** What a command of `portolan` in a remedy is written as, such as with the options that the user gave. */
  readonly ownCommand?: (command: string) => string
  /** How messages name what the user may change, with lines to run as they are; as the command does, as `ownCommand` writes it, unless told. */
  readonly wording?: Wording
  /**
   * The other hosts of this host's cluster, as `neighboursOf` gives them; null: none. What this host remembers of them
   * unless told.
   */
  readonly neighbours?: ClusterNeighbours | null
  /**
   * The blocks of a cluster that this host has not joined, as `neighboursOf` gives them: no subnet is picked in its addresses.
   * Where such a cluster is named and this is not told, no subnet is picked at all.
   */
  readonly clusterSeen?: ClusterNeighbours
  /** Runs programs; the default spawns them. Tests replace it. */
  readonly runner?: Runner
}

/**
 * Facts are looked at by `checkHostFacts`, which knows their keys.
 * @internal
 */
export const planKinds: OptionKinds<PlanOptions> = {
  ...leaseKinds,
  facts: objectValue('an object such as readHost() gives'),
  rules: nullOr(rulesValue),
  backend: backendValue,
  lastBackend: backendValue,
  pools: listValue('a list such as ["classic", "10.0.0.0/8:24"]', isAddressLike),
  reserve: rangesValue,
  allow: rangesValue,
  config: configValue,
  cluster: nullOr(textValue()),
  guardForwarding: flagValue,
  sysctls: flagValue,
  fix: flagValue,
  move: listValue('a list of names of networks', (value) => typeof value === 'string'),
  ownCommand: functionValue,
  wording: wordingValue,
  neighbours: nullOr(objectValue('a value of neighboursOf, or null')),
  clusterSeen: objectValue('a value of neighboursOf'),
  runner: runnerValue,
}
