import { bitwise, constant, type Expression, field, type SetStep } from '@portolan/netfilter'
import { argumentOf, type ExtensionOption, optionOf } from '../../model/option/extension.ts'

const every = 0xffffffff
const packetMark = field('mark')
const flowMark: Expression = { kind: 'conntrack', key: 'mark' }

/** The bits of a mark outside of `mask`; null: none is left. */
const without = (mark: Expression, mask: number): Expression | null =>
  mask === every ? null : bitwise('and', mark, ~mask >>> 0)

/** `(mark & ~mask) ^ value` (net/netfilter/xt_mark.c, xt_connmark.c). */
export const xmark = (mark: Expression, value: Expression | number, mask: number): Expression => {
  const rest = without(mark, mask)
  if (rest === null) return typeof value === 'number' ? constant(value) : value
  return bitwise('xor', rest, value)
}

export const valueAndMask = (text: string): { readonly value: number; readonly mask: number } => {
  const [value = '0', mask = '0xffffffff'] = text.split('/')
  return { value: Number(value), mask: Number(mask) }
}

const masked = (mark: Expression, mask: number): Expression =>
  mask === every ? mark : bitwise('and', mark, mask)

/** Lowers `-j MARK`. */
export const setPacketMark = (text: string): SetStep => {
  const { value, mask } = valueAndMask(text)
  return { kind: 'set', target: 'mark', value: xmark(packetMark, value, mask) }
}

/** Lowers `-j CONNMARK`: sets the flow's mark, or copies between it and the packet's mark. */
export const connmarkStep = (options: readonly ExtensionOption[]): SetStep => {
  const [left, right] = [argumentOf(options, 'left-shift-mark'), argumentOf(options, 'right-shift-mark')]
  const shifted = (value: Expression): Expression => {
    if (left !== undefined) return bitwise('shl', value, Number(left))
    return right === undefined ? value : bitwise('shr', value, Number(right))
  }
  const set = argumentOf(options, 'set-xmark')
  if (set !== undefined) {
    const { value, mask } = valueAndMask(set)
    return { kind: 'set', target: 'ct-mark', value: shifted(xmark(flowMark, value, mask)) }
  }
  const nfmask = Number(argumentOf(options, 'nfmask') ?? every)
  const ctmask = Number(argumentOf(options, 'ctmask') ?? every)
  if (optionOf(options, 'save-mark') !== undefined) {
    return {
      kind: 'set',
      target: 'ct-mark',
      value: xmark(flowMark, shifted(masked(packetMark, nfmask)), ctmask),
    }
  }
  return { kind: 'set', target: 'mark', value: xmark(packetMark, shifted(masked(flowMark, ctmask)), nfmask) }
}
