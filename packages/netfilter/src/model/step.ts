import type { ElementTable } from './element-table.ts'
import type { Expression } from './expression.ts'
import type { NatStep } from './nat-step.ts'
import type { ValueSet } from './value.ts'
import type { Verdict } from './verdict.ts'

/**
 * One thing a rule does. A rule is a list of them in order: a match that fails ends the rule, and what came
 * before it has been done (`meta mark set 1 tcp dport 80 accept` marks every packet).
 * @public @since 0.1.0
 */
export type Step = MatchStep | ActionStep

/**
 * A condition: true, false or unknown.
 * @public @since 0.1.0
 */
export type MatchStep = CompareStep | LookupStep | AnyOfStep | UnknownMatchStep

/**
 * `expression` is in `values`; not in it, when negated. An expression without a value does not match, either way.
 * @public @since 0.1.0
 */
export interface CompareStep {
  readonly kind: 'compare'
  readonly expression: Expression
  readonly values: ValueSet
  readonly negated: boolean
}

/**
 * The concatenated `key` is in `table`; not in it, when negated.
 * @public @since 0.1.0
 */
export interface LookupStep {
  readonly kind: 'lookup'
  readonly key: readonly Expression[]
  readonly table: ElementTable
  readonly negated: boolean
}

/**
 * All matches of at least one alternative hold; of none, when negated. An alternative that asks for what the
 * packet has not does not hold. `multiport --ports`, `--ctstate NEW,DNAT`, `physdev`.
 * @public @since 0.1.0
 */
export interface AnyOfStep {
  readonly kind: 'any-of'
  readonly alternatives: readonly (readonly MatchStep[])[]
  readonly negated: boolean
}

/**
 * A match that no description of a packet can settle (`limit`, `recent`, `time`, `bpf`, `string`) or that is not
 * understood. `random`: settled anew for every flow (`statistic`), so that both ways will be met.
 * @public @since 0.1.0
 */
export interface UnknownMatchStep {
  readonly kind: 'unknown-match'
  readonly text: string
  readonly random: boolean
}

/**
 * An effect. Those that end the rule are `verdict` (but `continue`), `dispatch` that finds its key, `nat`,
 * `reject`, `tproxy` when it accepts, and `synproxy`.
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
 * A verdict map: goes where the table says for the key. A key that is not there ends the rule, as a match that
 * fails (net/netfilter/nft_lookup.c: NFT_BREAK).
 * @public @since 0.1.0
 */
export interface DispatchStep {
  readonly kind: 'dispatch'
  readonly key: readonly Expression[]
  readonly table: ElementTable
}

/**
 * Gives the packet or its flow a new value. Addresses and ports: a rewrite without a binding (`ip daddr set`).
 * `ct-zone-original` and `ct-zone-reply` are zones that count for one direction of the flow, the other being in zone 0.
 * `hop-limit`: the TTL of IPv4 too.
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
 * Answers the sender, and drops.
 * @public @since 0.1.0
 */
export interface RejectStep {
  readonly kind: 'reject'
  /** `icmp-port-unreachable`, `tcp-reset`; null: what the kernel chooses. */
  readonly with: string | null
}

/**
 * Hands the packet to a local socket, its address unchanged. iptables' target accepts; nft's statement goes on.
 * @public @since 0.1.0
 */
export interface TproxyStep {
  readonly kind: 'tproxy'
  readonly accepts: boolean
}

/**
 * Sends the packet out of a device at once: what stands behind, other hooks and routing do not see it (nft's `fwd`).
 * @public @since 0.1.0
 */
export interface FwdStep {
  readonly kind: 'fwd'
  /** Null: not known. */
  readonly device: string | null
  /** To the machine with some address there; false: with the link-layer address that it came with. */
  readonly isAddressed: boolean
}

/**
 * - `notrack`: the flow is not tracked, so never translated.
 * - `synproxy`: answers SYNs itself, and lets through the clients that complete the handshake.
 * - `rewrite`: changes what is not followed of a packet, such as a checksum or a sequence number: the packet may be lost.
 * - `note`: counter, log, quota that only counts, dup, flow offload, TCPMSS and others that do not decide.
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
export const jumpTo = (chain: string): VerdictStep => ({ kind: 'verdict', verdict: { kind: 'jump', chain } })

/**
 * @example
 * goTo('service-4AT6LBPK')
 * @public @since 0.1.0
 */
export const goTo = (chain: string): VerdictStep => ({ kind: 'verdict', verdict: { kind: 'goto', chain } })
