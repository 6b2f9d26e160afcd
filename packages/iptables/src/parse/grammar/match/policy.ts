import type { ExtensionOption } from '../../../model/option/extension.ts'
import { countOf, flag, type Grammar, grammar, type Settle, takes } from '../grammar.ts'
import { addressOrPrefix } from '../value/address.ts'
import { choice, translated } from '../value/choice.ts'
import { hex, u32 } from '../value/number.ts'

const protocols: Readonly<Record<string, string>> = {
  esp: 'esp',
  '50': 'esp',
  ah: 'ah',
  '51': 'ah',
  ipcomp: 'ipcomp',
  '108': 'ipcomp',
}

const outerOrder = ['dir', 'pol', 'strict']
const elementOrder = ['reqid', 'spi', 'proto', 'mode', 'tunnel-dst', 'tunnel-src']

/** The options between two `--next`. */
const elementsOf = (options: readonly ExtensionOption[]): readonly (readonly ExtensionOption[])[] => {
  const elements: ExtensionOption[][] = [[]]
  for (const option of options) {
    if (option.name === 'next') elements.push([])
    else elements.at(-1)?.push(option)
  }
  return elements
}

const isElement = (element: readonly ExtensionOption[]): boolean => {
  const names = element.map(({ name }) => name)
  if (new Set(names).size < names.length) return false
  const tunnelled = names.some((name) => name.startsWith('tunnel-'))
  return (
    !tunnelled ||
    element.some(({ name, values, negated }) => name === 'mode' && values[0] === 'tunnel' && !negated)
  )
}

const inOrder = (options: readonly ExtensionOption[], names: readonly string[]): readonly ExtensionOption[] =>
  names.flatMap((name) => options.filter((option) => option.name === name))

/** Allows a list of elements only with `--strict`, and no element with policy `none` (libxt_policy `policy_check`). */
const settlePolicy: Settle = (options) => {
  const isOuter = ({ name }: ExtensionOption): boolean => outerOrder.includes(name)
  const outer = options.filter(isOuter)
  const elements = elementsOf(options.filter((option) => !isOuter(option)))
  const strict = countOf(outer, 'strict')
  const full = elements.some((element) => element.length > 0)
  if (countOf(outer, 'dir') !== 1 || countOf(outer, 'pol') !== 1 || strict > 1) return null
  if (elements.length > 4 || (elements.length > 1 && strict === 0)) return null
  const none = outer.some(({ name, values }) => name === 'pol' && values[0] === 'none')
  if (none ? full || strict > 0 : strict > 0 && !elements.every((element) => element.length > 0)) return null
  if (!elements.every(isElement)) return null
  return [
    ...inOrder(outer, outerOrder),
    ...elements.flatMap((element, index) => [
      ...(index === 0 ? [] : options.filter(({ name }) => name === 'next').slice(0, 1)),
      ...inOrder(element, elementOrder),
    ]),
  ]
}

/** `-m policy`: tests the IPsec transformation, applied or to be applied. */
export const policyMatch: Grammar = grammar(
  [
    takes('dir', choice('in', 'out')),
    takes('pol', choice('none', 'ipsec')),
    flag('strict'),
    flag('next'),
    takes('reqid', u32, { not: true }),
    takes('spi', hex(0xffffffff), { not: true }),
    takes('proto', translated(protocols), { not: true }),
    takes('mode', choice('transport', 'tunnel'), { not: true }),
    takes('tunnel-dst', addressOrPrefix, { not: true }),
    takes('tunnel-src', addressOrPrefix, { not: true }),
  ],
  { repeats: true, settle: settlePolicy },
)
