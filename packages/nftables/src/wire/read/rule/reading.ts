import type { Family } from '@portolan/netfilter'
import type { ReferenceExpression, SetExpression, Statement } from '../../../model/index.ts'
import type { ElementTypes } from '../read-element.ts'
import { Registers } from './register.ts'

/** A set or map as a rule refers to it: by name, or by content where it is anonymous. */
export interface KnownSet {
  readonly types: ElementTypes
  readonly expression: ReferenceExpression | SetExpression
}

/** The state of reading one rule. */
export interface RuleReading {
  readonly sets: ReadonlyMap<string, KnownSet>
  readonly registers: Registers
  readonly statements: Statement[]
  /**
   * The family and the protocol that the packet is known to have. `stated` is the statement that compared them, or null
   * once a header field implies it.
   */
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
 * Removes the last statement where a header field implies it. nft writes `meta nfproto ipv4` in front of each IPv4
 * field, and leaves it out of its listing (nftables, `payload_dependency_kill`). False: another statement stands
 * between the two, and nft's behaviour is then not known here.
 */
export const takeBack = ({ statements }: RuleReading, known: { stated: Statement | null }): boolean => {
  if (known.stated === null) return true
  if (statements.at(-1) !== known.stated) return false
  statements.pop()
  known.stated = null
  return true
}
