import { argumentOf, type ExtensionOption, optionOf } from '../../../model/option/extension.ts'
import {
  added,
  byDefault,
  countOf,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type Reader,
  type Settle,
  takes,
} from '../grammar.ts'
import { address } from '../value/address.ts'
import { hex, readWhole, whole } from '../value/number.ts'
import { port } from '../value/port.ts'

const all = 0xffffffff
const word = (value: number): string => `0x${(value >>> 0).toString(16)}`

/** Reads `value/mask`, printed with both parts. */
const fullMask: Reader = (text) => {
  const [left = '', right = '0xffffffff', ...more] = text.split('/')
  const [value, mask] = [readWhole(left, all), readWhole(right, all)]
  return value === null || mask === null || more.length > 0 ? null : `${word(value)}/${word(mask)}`
}

const operations = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark']

/**
 * Replaces every way to set a mark by the kernel's one: `(mark & ~second) ^ first` (net/netfilter/xt_mark.c `mark_tg`).
 */
const asXmark = (option: ExtensionOption): ExtensionOption => {
  const [left = '', right] = (option.values[0] ?? '').split('/')
  const value = Number(left)
  switch (option.name) {
    case 'set-mark':
      return added('set-xmark', `${word(value)}/${word(Number(right) | value)}`)
    case 'and-mark':
      return added('set-xmark', `0x0/${word(~value)}`)
    case 'or-mark':
      return added('set-xmark', `${word(value)}/${word(value)}`)
    case 'xor-mark':
      return added('set-xmark', `${word(value)}/0x0`)
    default:
      return option
  }
}

const spellOut: Settle = (options) => options.map(asXmark)

const setting = [
  takes('set-xmark', fullMask),
  takes('set-mark', fullMask),
  takes('and-mark', hex(all)),
  takes('or-mark', hex(all)),
  takes('xor-mark', hex(all)),
]

/** Checks the masks of CONNMARK. Only the two copying operations have masks, and `--mask` sets both at once. */
const settleCopy: Settle = (options) => {
  const copies = countOf(options, 'save-mark', 'restore-mark') > 0
  const masks = options.filter(({ name }) => name === 'nfmask' || name === 'ctmask' || name === 'mask')
  if (!copies) return masks.length === 0 ? options : null
  const both = argumentOf(options, 'mask')
  if (both !== undefined && masks.length > 1) return null
  return [
    ...options.filter((option) => !masks.includes(option)),
    added('nfmask', both ?? argumentOf(options, 'nfmask') ?? word(all)),
    added('ctmask', both ?? argumentOf(options, 'ctmask') ?? word(all)),
  ]
}

const noWhere = { ip: '0.0.0.0', ip6: '::' }

/** Without `--tproxy-mark` no mark is set, which is listed as `0x0/0x0`. */
const settleTproxy: Settle = (options) =>
  optionOf(options, 'tproxy-mark') === undefined ? [...options, added('tproxy-mark', '0x0/0x0')] : options

/** Targets that set marks, and TPROXY, which hands a packet to a local socket. */
export const markTargets: Readonly<Record<string, Grammar>> = {
  MARK: grammar(setting, { settle: inTurn(exactlyOne(...operations), spellOut) }),
  CONNMARK: grammar(
    [
      ...setting,
      flag('save-mark'),
      flag('restore-mark'),
      takes('nfmask', hex(all)),
      takes('ctmask', hex(all)),
      takes('mask', hex(all)),
      takes('left-shift-mark', whole(31)),
      takes('right-shift-mark', whole(31)),
    ],
    {
      settle: inTurn(
        exactlyOne(...operations, 'save-mark', 'restore-mark'),
        (options) => (countOf(options, 'left-shift-mark', 'right-shift-mark') > 1 ? null : options),
        settleCopy,
        spellOut,
      ),
    },
  ),
  TPROXY: grammar(
    [takes('on-port', port, { required: true }), takes('on-ip', address), takes('tproxy-mark', fullMask)],
    { settle: inTurn(byDefault('on-ip', noWhere), settleTproxy), protocols: ['tcp', 'udp'] },
  ),
}
