import type { ReservedRange } from '../pool/index.ts'

/**
 * The subnet settings that a host's owner, or a user, makes once in a YAML file:
 *
 * ```yaml
 * # /etc/portolan/config.yaml, or portolan/config.yaml in $XDG_CONFIG_HOME (~/.config)
 * pools:                       # where subnets are picked, in this order; IPv4 and IPv6 may be mixed
 *   - 10.64.0.0/12:24
 *   - base: fd12:3456:789a::/48
 *     size: 64
 * reserved:                    # never handed out
 *   - 10.64.0.0/16
 *   - 192.0.2.7
 * allowed:                     # not avoided, whatever the host says
 *   - 100.64.0.0/10
 * cluster: etcd://192.0.2.1:2379/prod   # subnets are picked in this host's blocks of it, in place of pools
 * ```
 *
 * @example
 * const config: Config = { pools: ['10.64.0.0/12:24'], reserved: [{ range: '10.64.0.0/16', from: null }], allowed: [] }
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables', config })
 * p.subnets[0]?.subnet // '10.65.0.0/24'
 * @public @since 0.1.0
 */
export interface Config {
  /** Pools in the form that `parsePool` reads; null: the config says nothing about pools. */
  readonly pools: readonly string[] | null
  readonly reserved: readonly ReservedRange[]
  readonly allowed: readonly string[]
  /**
   * The cluster whose blocks this host has, in the form that `parseClusterUrl` reads. Subnets of the cluster's families
   * are picked in these blocks, not in `pools`. Null or left out: the config says nothing about a cluster.
   */
  readonly cluster?: string | null
}

/**
 * A config that says nothing.
 * @public @since 0.1.0
 */
export const emptyConfig: Config = { pools: null, reserved: [], allowed: [] }
