import type { ActionStep, Family, Hook, NatOperand, NatStep } from '@portolan/netfilter'
import type { MasqueradeTarget, NatTarget } from '../model/option/target.ts'
import { readMasked } from '../parse/grammar/value/address.ts'
import { prefixSpan } from './option/address-value.ts'

const range = (first: number | bigint, last: number | bigint): NatOperand => ({ kind: 'range', first, last })

const span = (text: string): NatOperand => {
  const [first = '0', last = first] = text.split('-')
  return range(Number(first), Number(last))
}

/** nft's names for these flags. */
const flagNames: Readonly<Record<string, string>> = {
  '--random': 'random',
  '--random-fully': 'fully-random',
  '--persistent': 'persistent',
}

const noFlags: readonly string[] = []

const flagsOf = (options: readonly string[]): readonly string[] =>
  options.length === 0 ? noFlags : options.flatMap((name) => flagNames[name] ?? [])

interface Target {
  readonly addresses: string
  readonly ports: string | null
}

/** Splits a target: `192.0.2.1-192.0.2.4:80-90/80`, `[2001:db8::1]:80`, `:80`. */
const targetOf = (to: string, family: Family): Target => {
  const bracket = to.lastIndexOf(']:')
  if (bracket >= 0) return { addresses: to.slice(1, bracket), ports: to.slice(bracket + 2) }
  const colon = family === 'ip' || (to.startsWith(':') && !to.startsWith('::')) ? to.indexOf(':') : -1
  return colon < 0
    ? { addresses: to.replace(/^\[|\]$/g, ''), ports: null }
    : { addresses: to.slice(0, colon), ports: to.slice(colon + 1) }
}

const addressRange = (text: string, family: Family): NatOperand | null => {
  const [left = '', right = left] = text.split('-')
  const [first, last] = [readMasked(left, family), readMasked(right, family)]
  if (first === null || last === null) return null
  return family === 'ip' ? range(Number(first.value), Number(last.value)) : range(first.value, last.value)
}

/** Address ranges by their text. A hundred thousand rules may name one, which is then read once. */
export type ReadAddresses = Map<string, NatOperand | null>

/** Lowers `-j DNAT` and `-j SNAT`. */
export const natSteps = (
  { kind, to, options }: NatTarget,
  text: () => string,
  family: Family,
  known: ReadAddresses,
): readonly ActionStep[] => {
  const { addresses, ports } = targetOf(to, family)
  let address = known.get(addresses)
  if (address === undefined) {
    address = addresses === '' ? null : addressRange(addresses, family)
    known.set(addresses, address)
  }
  if (addresses !== '' && address === null) return [{ kind: 'unknown-action', text: text() }]
  const [port, base] = ports?.split('/') ?? []
  return [
    {
      kind: 'nat',
      type: kind,
      address,
      port: port === undefined ? null : span(port),
      netmap: false,
      shiftFrom: base === undefined ? null : Number(base),
      flags: flagsOf(options),
    },
  ]
}

/** Lowers `-j MASQUERADE` and `-j REDIRECT`. */
export const masqueradeStep = ({ kind, ports, options }: MasqueradeTarget): NatStep => ({
  kind: 'nat',
  type: kind,
  address: null,
  port: ports === null ? null : span(ports),
  netmap: false,
  shiftFrom: null,
  flags: flagsOf(options),
})

const destinationHooks: readonly Hook[] = ['prerouting', 'output']

/** Lowers `-j NETMAP`. It translates destinations before routing, and sources after it. */
export const netmapSteps = (
  prefix: string,
  hooks: ReadonlySet<Hook>,
  text: string,
  family: Family,
): readonly ActionStep[] => {
  const to = prefixSpan(prefix, family)
  const sides = new Set([...hooks].map((hook) => (destinationHooks.includes(hook) ? 'dnat' : 'snat')))
  const [type, ...more] = sides
  // A chain that is reached from both sides translates either.
  if (to === null || type === undefined || more.length > 0) return [{ kind: 'unknown-action', text }]
  const address = family === 'ip' ? range(Number(to.first), Number(to.last)) : range(to.first, to.last)
  return [{ kind: 'nat', type, address, port: null, netmap: true, shiftFrom: null, flags: [] }]
}
