import {
  type AddressInput,
  canonicalHostOrPrefix,
  formatPrefix,
  InvalidRequestError,
  inputText,
  type PrefixInput,
  parsePrefix,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { shownValue } from '@portolan/netfilter/schema'
import { interfaceNameFault } from '../../contract/check-name.ts'
import { mappedPrefix } from '../mapped-prefix.ts'
import type { ReachableIntent, ReachableSource } from '../reachable.ts'

/**
 * A source that reaches containers on their own addresses, as a program names it. A prefix or an interface means other
 * machines. A service or a network means containers of the same project.
 * @public @since 0.1.0
 */
export type ReachableInput =
  | AddressInput
  | PrefixInput
  | { readonly interface: string }
  | { readonly network: string }
  | { readonly service: string }

const expected =
  'expected a prefix such as "10.8.0.0/24", { interface: "wg0" }, { network: "front" } or { service: "web" }'

const kinds = ['interface', 'network', 'service'] as const

const namedSource = (input: unknown): ReachableSource | null => {
  if (typeof input !== 'object' || input === null) return null
  const [[key, value] = [], ...more] = Object.entries(input)
  const kind = kinds.find((one) => one === key)
  if (kind === undefined || more.length > 0 || typeof value !== 'string' || value === '') return null
  if (kind === 'interface') {
    const fault = interfaceNameFault(value)
    if (fault === null) return { kind, name: value }
    throw new InvalidRequestError(
      `reachableFrom has ${shownValue(input)} in it, which no interface can be called: ${fault}.`,
    )
  }
  return kind === 'network' ? { kind, network: value } : { kind, service: value }
}

const prefixSource = (input: AddressInput | PrefixInput): ReachableSource | null => {
  const text = inputText(input)
  const prefix = tryParseHostOrPrefix(text)
  if (prefix === null) return null
  const mapped = mappedPrefix(prefix)
  if (mapped !== null)
    throw new InvalidRequestError(
      `reachableFrom has ${text} in it, and no packet has an IPv4-mapped address: write ${mapped}.`,
    )
  return { kind: 'prefix', prefix: formatPrefix(parsePrefix(canonicalHostOrPrefix(text))) }
}

const isInput = (input: unknown): input is AddressInput | PrefixInput =>
  typeof input === 'string' || (typeof input === 'object' && input !== null)

/**
 * Reads the sources that a program names under `reachableFrom`.
 *
 * @throws InvalidRequestError naming the value
 * @example
 * requestedReachable([{ interface: 'wg0' }])[0]?.from // { kind: 'interface', name: 'wg0' }
 * @public @since 0.1.0
 */
export const requestedReachable = (inputs: readonly ReachableInput[]): readonly ReachableIntent[] => {
  if (!Array.isArray(inputs))
    throw new InvalidRequestError(`reachableFrom is ${shownValue(inputs)}: expected a list; ${expected}.`)
  return (inputs as readonly unknown[]).map((input) => {
    const from = namedSource(input) ?? (isInput(input) && !isNamed(input) ? prefixSource(input) : null)
    if (from === null)
      throw new InvalidRequestError(`reachableFrom has ${shownValue(input)} in it: ${expected}.`)
    return { from, place: null }
  })
}

/** Is it an object with one of our keys? It then holds a mistake, and is no address or prefix. */
const isNamed = (input: object | string): boolean =>
  typeof input === 'object' && kinds.some((kind) => Object.hasOwn(input, kind))
