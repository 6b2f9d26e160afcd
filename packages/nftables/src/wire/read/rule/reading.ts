import type { Family } from '@portolan/netfilter'
import type { ReferenceExpression, SetExpression, Statement } from '../../../model/index.ts'
import type { ElementTypes } from '../read-element.ts'
import { Registers } from './register.ts'

/** A set or map as a rule names it: an anonymous one by what it holds. */
export interface KnownSet {
  readonly types: ElementTypes
  readonly expression: ReferenceExpression | SetExpression
}

/** A rule as far as it has been read. */
export interface RuleReading {
  readonly sets: ReadonlyMap<string, KnownSet>
  readonly registers: Registers
  readonly statements: Statement[]
  /** What the packet is known to be by now, each with the statement that asked for it until a field implies that. */
  network: { readonly family: Family; stated: Statement | null } | null
  transport: { readonly protocol: number; stated: Statement | null } | null
}

export const startReading = (sets: ReadonlyMap<string, KnownSet>): RuleReading => ({
  sets,
  registers: new Registers(),
  statements: [],
  network: null,
  transport: null,
})

/**
 * Takes back the last statement, as a header field implies what it asked for: nft writes `meta nfproto ipv4` in front of
 * each field of IPv4, and leaves it out when it lists the rule (nftables, `payload_dependency_kill`). Where something
 * stands between the two, this does not know what nft does.
 */
export const takeBack = ({ statements }: RuleReading, known: { stated: Statement | null }): boolean => {
  if (known.stated === null) return true
  if (statements.at(-1) !== known.stated) return false
  statements.pop()
  known.stated = null
  return true
}
