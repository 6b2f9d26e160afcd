import type { Chain, NamedSet, Rule, Table } from '../../model/index.ts'

/** Comments are for readers, and not every nft reads them back (1.1.3 does not take a set's from JSON). */
const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

export const sameRules = (a: readonly Rule[], b: readonly Rule[]): boolean =>
  a.length === b.length &&
  a.every((rule, at) => {
    const other = b[at]
    return (
      other !== undefined && rule.comment === other.comment && sameJson(rule.statements, other.statements)
    )
  })

/** Are two sets declared alike? */
export const sameDeclaration = (a: NamedSet, b: NamedSet): boolean =>
  a.kind === b.kind &&
  sameJson([a.keyType, a.dataType, a.flags, a.attributes], [b.keyType, b.dataType, b.flags, b.attributes])

export const sameBase = (a: Chain, b: Chain): boolean => sameJson(a.base, b.base)

/** Is what stands in the table as a whole, its flags (`dormant`) and unknown objects, alike? */
export const sameFrame = (a: Table, b: Table): boolean => sameJson([a.flags, a.opaque], [b.flags, b.opaque])
