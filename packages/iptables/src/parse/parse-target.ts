import type { Target } from '../ruleset/target.ts'
import { splitOptions } from './split-options.ts'
import type { Word } from './split-words.ts'

const bare: ReadonlySet<string> = new Set(['random', 'random-fully', 'persistent'])

const nat = (kind: 'dnat' | 'snat', words: readonly Word[]): Target | null => {
  const [address, ...rest] = splitOptions(words) ?? []
  const [to, ...more] = address?.values ?? []
  const named = address?.name === (kind === 'dnat' ? 'to-destination' : 'to-source') && !address.negated
  if (!named || to === undefined || more.length > 0) return null
  if (rest.some((option) => option.negated || option.values.length > 0 || !bare.has(option.name))) return null
  return { kind, to, options: rest.map(({ name }) => `--${name}`) }
}

const ported = (kind: 'masquerade' | 'redirect', words: readonly Word[]): Target | null => {
  const options = splitOptions(words)
  if (options === null) return null
  let ports: string | null = null
  const flags: string[] = []
  for (const { name, values, negated } of options) {
    const [value, ...more] = values
    if (negated || more.length > 0) return null
    if (name === 'to-ports' && value !== undefined) ports = value
    else if (bare.has(name) && value === undefined) flags.push(`--${name}`)
    else return null
  }
  return { kind, ports, options: flags }
}

const reject = (words: readonly Word[]): Target | null => {
  const options = splitOptions(words)
  const [option, ...more] = options ?? []
  if (options === null || more.length > 0) return null
  if (option === undefined) return { kind: 'reject', with: null }
  const [value, ...values] = option.values
  return option.name === 'reject-with' && value !== undefined && values.length === 0 && !option.negated
    ? { kind: 'reject', with: value }
    : null
}

/**
 * What follows `-j`.
 *
 * @param words - the target's own options
 * @param isChain - whether a name is a chain of this table: only then is it a jump and not an extension
 * @returns null when not understood: the caller then keeps the text
 */
export const parseTarget = (
  name: string,
  words: readonly Word[],
  isChain: (name: string) => boolean,
): Target | null => {
  if (words.length === 0 && isChain(name)) return { kind: 'jump', chain: name }
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return words.length === 0 ? { kind: 'verdict', verdict: name } : null
    case 'DNAT':
      return nat('dnat', words)
    case 'SNAT':
      return nat('snat', words)
    case 'MASQUERADE':
      return ported('masquerade', words)
    case 'REDIRECT':
      return ported('redirect', words)
    case 'REJECT':
      return reject(words)
    default:
      return null
  }
}
