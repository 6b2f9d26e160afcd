import { bitwise, compare, conntrackStatus, type MatchStep, oneOf } from '@portolan/netfilter'
import type { CtExpression, Expression, MatchStatement } from '../../model/index.ts'
import { textOf } from '../rule-source.ts'
import { known, type Read, unknown } from './read.ts'
import { readNumber } from './value.ts'

const status = { kind: 'conntrack', key: 'status' } as const

/**
 * The bits that the model follows. The kernel sets more of them, such as IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE
 * (include/uapi/linux/netfilter/nf_conntrack_common.h). So the status as a whole is not known.
 */
const followed = Object.values(conntrackStatus).reduce((all, bit) => all | bit, 0)

const readBits = (expression: Expression): number | null => {
  const bits = readNumber(expression, 'ct_status')
  return typeof bits === 'number' && (bits & ~followed) === 0 ? bits : null
}

const isStatus = (expression: Expression | undefined): boolean =>
  expression?.kind === 'ct' && expression.key === 'status'

/** Lowers `ct status` as a whole. Only a tracked packet has one. */
export const wholeStatus = (expression: CtExpression): Read =>
  unknown(textOf(expression), [compare(status, { kind: 'any' })])

/** Lowers `ct status & dnat`. Null: another expression, or a mask with other bits. */
export const maskedStatus = ({ operator, operands }: Expression & { kind: 'binary' }): Read | null => {
  const [of, mask] = operands
  if (operator !== '&' || operands.length !== 2 || mask === undefined || !isStatus(of)) return null
  const bits = readBits(mask)
  return bits === null ? null : known(bitwise('and', status, bits), 'ct_status')
}

/** Lowers `ct status dnat`: one of the bits is set; or `ct status ! dnat`: none is. Null: another match. */
export const statusBits = ({ left, operator, right }: MatchStatement): MatchStep | null => {
  if ((operator !== 'in' && operator !== '!') || !isStatus(left)) return null
  const bits = readBits(right)
  return bits === null ? null : compare(bitwise('and', status, bits), oneOf(0), operator === 'in')
}
