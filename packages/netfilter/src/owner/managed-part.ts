import type { NetfilterRule } from '../model/index.ts'

/**
 * The name of the part of a project that drops packets forwarded between interfaces that are not Portolan's
 * (`--guard-forwarding`).
 * @public @since 0.1.0
 */
export const guardForwardingPart = 'guard forwarding'

/**
 * The mapping or network that a managed rule is for.
 * @public @since 0.1.0
 */
export interface ManagedPart {
  readonly project: string
  /** The label of a mapping, the name of a network, or `guard forwarding`. */
  readonly name: string
}

/**
 * The part of a project that a managed rule is for; null for a rule that all projects share. Both dialects write the
 * project before the first slash of the rule's comment, and the rule's purpose after a colon: `shop/web: hairpin`.
 */
export const managedPartOf = ({ source: { comment } }: NetfilterRule): ManagedPart | null => {
  const slash = comment?.indexOf('/') ?? -1
  if (comment === null || slash < 1) return null
  const label = comment.slice(slash + 1)
  const colon = label.indexOf(': ')
  return { project: comment.slice(0, slash), name: colon < 0 ? label : label.slice(0, colon) }
}
