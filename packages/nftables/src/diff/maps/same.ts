import type { Chain, NamedSet, Rule, Table } from '../../model/index.ts'

/**
 * Compares by JSON. Comments of sets, chains and tables are left out: they are for readers, and some versions of nft do
 * not read them back (1.1.3 does not take a set's comment from JSON).
 */
const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

export const sameRules = (a: readonly Rule[], b: readonly Rule[]): boolean =>
  a.length === b.length &&
  a.every((rule, at) => {
    const other = b[at]
    return (
      other !== undefined && rule.comment === other.comment && sameJson(rule.statements, other.statements)
    )
  })

/** Are two sets declared alike? Their elements and comments are not compared. */
export const sameDeclaration = (a: NamedSet, b: NamedSet): boolean =>
  a.kind === b.kind &&
  sameJson([a.keyType, a.dataType, a.flags, a.attributes], [b.keyType, b.dataType, b.flags, b.attributes])

export const sameBase = (a: Chain, b: Chain): boolean => sameJson(a.base, b.base)

/** Are two tables alike as a whole, in their flags (`dormant`) and unknown objects? */
export const sameFrame = (a: Table, b: Table): boolean => sameJson([a.flags, a.opaque], [b.flags, b.opaque])
