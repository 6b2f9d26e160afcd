import type { HookNeed } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { noFlows, type OwedFlows } from './owed-flows.ts'

/**
 * What must be remembered of one network namespace to undo its changes: old values that the kernel does not keep. Only
 * the fixes that other programs wrote to disk outlive the namespace; a reboot ends the namespace too.
 * @public @since 0.1.0
 */
export interface HostState {
  /** The sysctls that Portolan set: dotted name to the value found and the value given. */
  readonly sysctls: Readonly<Record<string, ValueGiven>>
  /**
   * The iptables-nft tables and base chains that Portolan created. A table may have an entry of each of several
   * applies.
   */
  readonly created: readonly CreatedTable[]
  /** Attributes of foreign links that Portolan changed: `docker0 nfCallIptables` to the values. */
  readonly attributes: Readonly<Record<string, ValueGiven>>
  /** What Portolan asked of other programs for a project, with the commands that undo it. */
  readonly fixes: readonly Fix[]
  /**
   * Connections that conntrack must forget once the new rules are in place. They are noted before the rules change, so
   * that a killed run does not lose them.
   */
  readonly owed: OwedFlows
}

/**
 * A table of iptables-nft, with base chains in it.
 * @public @since 0.1.0
 */
export interface CreatedTable {
  readonly family: Family
  readonly table: string
  readonly chains: readonly string[]
  /** True: the table itself was created too, not only these chains in it. */
  readonly whole: boolean
}

/**
 * A request to another program. Commands are in the order in which they are run.
 * @public @since 0.1.0
 */
export interface Fix {
  readonly project: string
  /** The hook that was used: `DOCKER-USER`, `ufw`, `firewalld`. */
  readonly name: string
  /** The reasons for the request: labels of mappings, and networks. */
  readonly beneficiaries: readonly string[]
  /** The mappings and networks that need it. When the last of them is gone, the request is undone. */
  readonly needs: readonly HookNeed[]
  readonly commands: readonly (readonly string[])[]
  readonly undo: readonly (readonly string[])[]
}

/**
 * A changed value, with the value before the change.
 * @public @since 0.1.0
 */
export interface ValueGiven {
  readonly before: string
  readonly given: string
  /** The restoring has begun: values that the kernel changes together with this one may already have changed. */
  readonly restoring?: true
  /** For a forwarding switch: the indexes of the interfaces that existed while it was off. */
  readonly links?: readonly number[]
}

/**
 * A state with nothing to remember.
 * @public @since 0.1.0
 */
export const emptyState: HostState = Object.freeze({
  sysctls: {},
  created: [],
  attributes: {},
  fixes: [],
  owed: noFlows,
})

/**
 * The part of a state that outlives its network namespace, as after a reboot. Rules, sysctls and bridges end with the
 * namespace, but ufw and firewalld (with `--permanent`) keep on disk what was asked of them.
 */
export const outliving = ({ fixes }: HostState): HostState => ({
  ...emptyState,
  fixes: fixes.filter(({ name }) => name !== 'DOCKER-USER'),
})

/** True when there is nothing to remember. */
export const isEmptyState = (state: HostState): boolean =>
  state.created.length === 0 &&
  state.fixes.length === 0 &&
  state.owed.mapped.length + state.owed.untranslated.length === 0 &&
  Object.keys(state.sysctls).length === 0 &&
  Object.keys(state.attributes).length === 0
