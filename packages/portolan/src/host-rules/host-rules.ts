import type { Family } from '@portolan/netfilter'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesOf, rulesByBackend } from '../backend/dialects.ts'

/**
 * The rules of a host in every backend, as far as they could be read. A part that could not be read is empty, and named
 * in `unread`.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const rules: HostRules = { ...noRules, unread: ['The rules of iptables-legacy are not known.'] }
 * const p = await plan(intent, { facts: {}, rules, backend: 'nftables' })
 * p.unread // ['The rules of iptables-legacy are not known.']
 * @public @since 0.1.0
 */
export interface HostRules {
  readonly nftables: RulesOf<'nftables'>
  readonly 'iptables-nft': RulesOf<'iptables-nft'>
  readonly 'iptables-legacy': RulesOf<'iptables-legacy'>
  /** Sentences for people. */
  readonly unread: readonly string[]
  /** Families with rules that could not be read. A result about their packets is only possible, not certain. */
  readonly hidden?: readonly Family[]
  /**
   * The backends of which some rules were not read. Such a backend may have a project that is not seen. None by
   * default: the given rules are all there are.
   */
  readonly incomplete?: readonly Backend[]
}

/**
 * A host without a rule.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: noRules, backend: 'nftables' })
 * p.unread // []
 * @public @since 0.1.0
 */
export const noRules: HostRules = {
  ...rulesByBackend((backend) => dialects[backend].empty),
  unread: [],
}

/**
 * A host whose rules were not read.
 * @internal
 */
export const unknownRules: HostRules = { ...noRules, incomplete: backends }
