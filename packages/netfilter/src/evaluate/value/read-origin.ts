import type { Expression } from '../../model/index.ts'
import type { FreeField } from '../packet/free-field.ts'
import type { World } from '../packet/world.ts'

/** The free field that an expression's value comes from; null: there is none, or the value is computed. */
export type OriginRead = (world: World) => FreeField | null

const none: OriginRead = () => null

/** Thousands of rules share these readers. */
const ofPacket = {
  saddr: ({ origins }: World) => origins.saddr,
  daddr: ({ origins }: World) => origins.daddr,
  sport: ({ origins }: World) => origins.sport,
  dport: ({ origins }: World) => origins.dport,
} as const

export const originOf = (expression: Expression): OriginRead => {
  if (expression.kind === 'field') {
    const { field } = expression
    return field === 'saddr' || field === 'daddr' || field === 'sport' || field === 'dport'
      ? ofPacket[field]
      : none
  }
  if (expression.kind !== 'conntrack-tuple') return none
  const { key, direction } = expression
  if (key !== 'saddr' && key !== 'daddr' && key !== 'sport' && key !== 'dport') return none
  return ({ original, answer }) => (direction === 'original' ? original : answer)?.origins[key] ?? null
}
