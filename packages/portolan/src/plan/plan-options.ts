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
  wordingValue,
} from '@portolan/netfilter/schema'
import { backendValue, configValue, rangesValue, rulesValue, runnerValue } from '../arguments/value-kinds.ts'
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
  /** The facts of the host to plan for; absent: read from this host now. */
  readonly facts?: HostFacts
  /** The rules of that host; absent: read from this host now; null: unknown, and treated as empty. */
  readonly rules?: HostRules | null
  /** The backend. `auto` (the default) is the one that has the project's rules, or else one that the host has. */
  readonly backend?: BackendChoice
  /** The backend that `auto` means when no backend has the project's rules: the last one in use. No default. */
  readonly lastBackend?: BackendChoice
  /**
   * Pools for networks that name none, in order: `classic`, `docker`, `10.0.0.0/8:24`, or `{ base, size }` with a base
   * of ip-num.
   */
  readonly pools?: readonly PoolInput[]
  /** Prefixes to avoid besides what the host has. */
  readonly reserve?: readonly (AddressInput | PrefixInput)[]
  /** Prefixes not to avoid, whatever the host has. */
  readonly allow?: readonly (AddressInput | PrefixInput)[]
  /** The config of the host, as `readConfig` gives it. The options above take precedence. No default. */
  readonly config?: Config
  /**
   * The URL of the cluster, as `parseClusterUrl` reads it. The blocks of this host there replace the pools, unless an
   * option names pools. The default is the cluster that `config` names, or that the host has joined; null: no cluster,
   * whatever `config` and the state directory say. etcd is not asked: the state directory remembers the blocks.
   */
  readonly cluster?: string | null
  /** Drop forwarded packets between interfaces that are not managed. */
  readonly guardForwarding?: boolean
  /** False: sysctls stay as they are, and one that is off becomes a conflict. */
  readonly sysctls?: boolean
  /** Mend conflicts through the documented hooks of other programs: DOCKER-USER, ufw, firewalld. */
  readonly fix?: boolean
  /** Networks that get a new subnet, with new addresses for their endpoints. */
  readonly move?: readonly string[]
  /** Writes a command of `portolan` for a remedy, for example with the options that the user gave. */
  readonly ownCommand?: (command: string) => string
  /**
   * The words of messages for what the user may change, with commands to run. The default is the command's own wording,
   * written by `ownCommand`.
   */
  readonly wording?: Wording
  /**
   * The other hosts of this host's cluster, as `neighboursOf` gives them; null: none. The default is what this host
   * remembers of them.
   */
  readonly neighbours?: ClusterNeighbours | null
  /**
   * The blocks of a cluster that this host has not joined, as `neighboursOf` gives them. No subnet is picked in them.
   * When such a cluster is named and this is absent, no subnet is picked at all.
   */
  readonly clusterSeen?: ClusterNeighbours
  /** Runs programs. The default spawns them; tests replace it. */
  readonly runner?: Runner
}

/**
 * The kinds of the options. `facts` is only an object here: `checkHostFacts` checks its keys.
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
