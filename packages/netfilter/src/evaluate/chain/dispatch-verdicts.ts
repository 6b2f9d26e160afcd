import type { DispatchStep, ElementTable, Verdict } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import type { Compiler } from '../value/compiler.ts'
import { compileExpression } from '../value/read-expression.ts'
import { NO, YES } from '../value/truth.ts'

/** The verdict that a map has for a packet. Null: none; undefined: not known. */
export const verdictFor = (
  { key, table }: DispatchStep,
  compiler: Compiler,
  world: World,
): Verdict | null | undefined => {
  const values = key.map((one) => compileExpression(one, compiler)(world))
  if (values.includes(undefined)) return null
  const { hit, data } = compiler.index(table)(values)
  if (hit === NO) return null
  const [only] = data
  return hit === YES && data.length === 1 && only?.kind === 'verdict' ? only.verdict : undefined
}

const nameOf = (verdict: Verdict): string =>
  'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind

export const isSameVerdict = (one: Verdict, other: Verdict): boolean => nameOf(one) === nameOf(other)

const verdicts = new WeakMap<ElementTable, readonly Verdict[]>()

/** The verdicts that a map has, each once. */
export const verdictsOf = (table: ElementTable): readonly Verdict[] => {
  const known = verdicts.get(table)
  if (known !== undefined) return known
  const found = new Map<string, Verdict>()
  for (const { data } of table.elements)
    if (data.kind === 'verdict') found.set(nameOf(data.verdict), data.verdict)
  if (table.otherwise?.kind === 'verdict') found.set(nameOf(table.otherwise.verdict), table.otherwise.verdict)
  const all = [...found.values()]
  verdicts.set(table, all)
  return all
}
