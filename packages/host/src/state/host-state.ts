import type { HookNeed } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { noFlows, type OwedFlows } from './owed-flows.ts'

/**
 * What has to be remembered of one network namespace to take everything back: old values that the kernel does
 * not keep. All of it but what other programs wrote to disk goes with the namespace, at the latest with the boot.
 * @public @since 0.1.0
 */
export interface HostState {
  /** Sysctls we set, dotted name to the value found and the value given. */
  readonly sysctls: Readonly<Record<string, ValueGiven>>
  /** iptables-nft tables and base chains that we brought into being, each with the apply that did. */
  readonly created: readonly CreatedTable[]
  /** Attributes of what belongs to others that we changed: `docker0 nfCallIptables` to the values. */
  readonly attributes: Readonly<Record<string, ValueGiven>>
  /** What was asked of other programs for a project, with the words that take it back. */
  readonly fixes: readonly Fix[]
  /** Connections to be forgotten once the rules are as planned: noted before they are, paid after. */
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
  /** The table itself was made too, not only these chains in it. */
  readonly whole: boolean
}

/**
 * What was asked of another program. Commands are in the order in which they are run.
 * @public @since 0.1.0
 */
export interface Fix {
  readonly project: string
  /** By which way: `DOCKER-USER`, `ufw`, `firewalld`. */
  readonly name: string
  /** The reasons it was asked for: labels of mappings, and networks. */
  readonly beneficiaries: readonly string[]
  /** What it serves: with the last of these it is taken back. */
  readonly needs: readonly HookNeed[]
  readonly commands: readonly (readonly string[])[]
  readonly undo: readonly (readonly string[])[]
}

/** @public @since 0.1.0 */
export interface ValueGiven {
  readonly before: string
  readonly given: string
  /** Its putting back has begun: what the kernel changes along with it may have been changed already. */
  readonly restoring?: true
  /** Of a switch of forwarding: the indexes of the interfaces that were there while it was off. */
  readonly links?: readonly number[]
}

/**
 * Nothing to remember.
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
 * What is left of a state when its network namespace has ended, with the boot or before: rules, sysctls and bridges
 * are gone with it, but ufw and firewalld (with `--permanent`) wrote down what was asked of them.
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
