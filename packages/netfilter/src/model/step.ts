import { checkText } from '../error/check-text.ts'
import type { ElementTable } from './element-table.ts'
import type { Expression } from './expression.ts'
import type { NatStep } from './nat-step.ts'
import type { ValueSet } from './value.ts'
import type { Verdict } from './verdict.ts'

/**
 * One thing a rule does. A rule is a list of steps in order. A match that fails ends the rule, but the steps before it
 * have taken effect (`meta mark set 1 tcp dport 80 accept` marks every packet).
 * @public @since 0.1.0
 */
export type Step = MatchStep | ActionStep

/**
 * A condition: true, false or unknown.
 * @public @since 0.1.0
 */
export type MatchStep = CompareStep | LookupStep | AnyOfStep | UnknownMatchStep

/**
 * Whether `expression` is in `values`; when negated, whether it is not. An expression without a value does not match,
 * either way.
 * @public @since 0.1.0
 */
export interface CompareStep {
  readonly kind: 'compare'
  readonly expression: Expression
  readonly values: ValueSet
  readonly negated: boolean
}

/**
 * Whether the concatenated `key` is in `table`; when negated, whether it is not.
 * @public @since 0.1.0
 */
export interface LookupStep {
  readonly kind: 'lookup'
  readonly key: readonly Expression[]
  readonly table: ElementTable
  readonly negated: boolean
}

/**
 * Whether all matches of at least one alternative hold; when negated, whether no alternative holds. An alternative that
 * reads a field the packet lacks does not hold. Examples: `multiport --ports`, `--ctstate NEW,DNAT`, `physdev`.
 * @public @since 0.1.0
 */
export interface AnyOfStep {
  readonly kind: 'any-of'
  readonly alternatives: readonly (readonly MatchStep[])[]
  readonly negated: boolean
}

/**
 * A match that no description of a packet can settle (`limit`, `recent`, `time`, `bpf`, `string`) or that is not
 * understood. `random`: decided anew for every flow (`statistic`), so that both results occur.
 * @public @since 0.1.0
 */
export interface UnknownMatchStep {
  readonly kind: 'unknown-match'
  readonly text: string
  readonly random: boolean
}

/**
 * An effect. These end the rule: `verdict` (except `continue`), `dispatch` that finds its key, `nat`, `reject`,
 * `tproxy` when it accepts, and `synproxy`.
 * @public @since 0.1.0
 */
export type ActionStep =
  | VerdictStep
  | DispatchStep
  | NatStep
  | SetStep
  | RejectStep
  | TproxyStep
  | FwdStep
  | PlainStep
  | UnknownActionStep

/** @public @since 0.1.0 */
export interface VerdictStep {
  readonly kind: 'verdict'
  readonly verdict: Verdict
}

/**
 * A verdict map: takes the table's verdict for the key. A missing key ends the rule, like a match that fails
 * (net/netfilter/nft_lookup.c: NFT_BREAK).
 * @public @since 0.1.0
 */
export interface DispatchStep {
  readonly kind: 'dispatch'
  readonly key: readonly Expression[]
  readonly table: ElementTable
}

/**
 * Sets a value of the packet or its flow. An address or a port is rewritten without a NAT binding (`ip daddr set`).
 * `ct-zone-original` and `ct-zone-reply` are zones for one direction of the flow; the other direction is in zone 0.
 * `hop-limit` includes the TTL of IPv4.
 * @public @since 0.1.0
 */
export interface SetStep {
  readonly kind: 'set'
  readonly target:
    | 'mark'
    | 'ct-mark'
    | 'ct-zone'
    | 'ct-zone-original'
    | 'ct-zone-reply'
    | 'saddr'
    | 'daddr'
    | 'sport'
    | 'dport'
    | 'pkttype'
    | 'hop-limit'
  readonly value: Expression
}

/**
 * Answers the sender with an error, and drops the packet.
 * @public @since 0.1.0
 */
export interface RejectStep {
  readonly kind: 'reject'
  /** `icmp-port-unreachable`, `tcp-reset`; null: what the kernel chooses. */
  readonly with: string | null
}

/**
 * Hands the packet to a local socket and keeps its address. iptables' target accepts; after nft's statement, the rule
 * continues.
 * @public @since 0.1.0
 */
export interface TproxyStep {
  readonly kind: 'tproxy'
  readonly accepts: boolean
}

/**
 * Sends the packet out of a device at once: later rules, other hooks and routing do not see it (nft's `fwd`).
 * @public @since 0.1.0
 */
export interface FwdStep {
  readonly kind: 'fwd'
  /** Null: not known. */
  readonly device: string | null
  /** Whether the packet goes to the machine with a given address there. False: it keeps its link-layer address. */
  readonly isAddressed: boolean
}

/**
 * - `notrack`: the flow is not tracked, so never translated.
 * - `synproxy`: answers SYNs itself, and lets through the clients that complete the handshake.
 * - `rewrite`: changes a part of the packet that is not simulated, such as a checksum or a sequence number: the packet
 * may be lost.
 * - `note`: counter, log, quota that only counts, dup, flow offload, TCPMSS and other steps that decide nothing.
 * @public @since 0.1.0
 */
export interface PlainStep {
  readonly kind: 'notrack' | 'synproxy' | 'rewrite' | 'note'
  readonly text: string
}

/**
 * A target or statement that is not understood: it may accept, drop, or go on.
 * @public @since 0.1.0
 */
export interface UnknownActionStep {
  readonly kind: 'unknown-action'
  readonly text: string
}

/**
 * @example
 * compare(field('dport', { protocols: [6] }), oneOf(80))
 * @public @since 0.1.0
 */
export const compare = (expression: Expression, values: ValueSet, negated = false): CompareStep => ({
  kind: 'compare',
  expression,
  values,
  negated,
})

/**
 * @example
 * verdict('accept')
 * @public @since 0.1.0
 */
export const verdict = (kind: 'accept' | 'drop' | 'return' | 'continue' | 'stolen'): VerdictStep => ({
  kind: 'verdict',
  verdict: { kind },
})

/**
 * @example
 * jumpTo('DOCKER-USER')
 * @public @since 0.1.0
 */
export const jumpTo = (chain: string): VerdictStep => {
  checkText(chain, 'chain')
  return { kind: 'verdict', verdict: { kind: 'jump', chain } }
}

/**
 * @example
 * goTo('service-4AT6LBPK')
 * @public @since 0.1.0
 */
export const goTo = (chain: string): VerdictStep => {
  checkText(chain, 'chain')
  return { kind: 'verdict', verdict: { kind: 'goto', chain } }
}
