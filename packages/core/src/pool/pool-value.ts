import type { Address, Prefix } from '@portolan/netfilter'
import { listValue, nullOr, partsValue, textValue, type ValueKind } from '@portolan/netfilter/schema'
import type { Pool, PoolEntry } from './pool.ts'

const bitsOf = { ip: 32, ip6: 128 } as const

type ParsedLike = Partial<Record<'family' | 'base' | 'value' | 'length', unknown>>

const isObject = (value: unknown): value is ParsedLike => typeof value === 'object' && value !== null

const isNumberOf = (family: unknown, value: unknown): boolean =>
  (family === 'ip' && Number.isInteger(value)) || (family === 'ip6' && typeof value === 'bigint')

const isLength = (length: unknown, family: unknown): boolean =>
  Number.isInteger(length) && Number(length) >= 0 && Number(length) <= bitsOf[family === 'ip6' ? 'ip6' : 'ip']

const isPrefix = (value: unknown): value is Prefix =>
  isObject(value) && isNumberOf(value.family, value.base) && isLength(value.length, value.family)

const isAddress = (value: unknown): value is Address =>
  isObject(value) && isNumberOf(value.family, value.value)

const prefixValue: ValueKind = { expected: 'a prefix as parsePrefix() gives it', holds: isPrefix }
const addressValue: ValueKind = { expected: 'an address as parseAddress() gives it', holds: isAddress }
const sizeValue: ValueKind = { expected: 'a prefix length', holds: (value) => isLength(value, 'ip6') }

const entryValue = partsValue<PoolEntry>('{ prefix, size, gateway }', {
  prefix: prefixValue,
  size: sizeValue,
  gateway: nullOr(addressValue),
})

const isEntry = (value: unknown): boolean => entryValue.holds(value) && isPoolSize(value as PoolEntry)

const isPoolSize = ({ prefix, size }: PoolEntry): boolean =>
  size >= prefix.length && isLength(size, prefix.family)

/** Checks that pools have the shape that a search reads: the values inside are those that `parsePool` makes. */
export const poolsValue: ValueKind = listValue(
  'a list of pools as parsePool() gives them',
  partsValue<Pool>('a pool', { name: textValue(), entries: listValue('a list of entries', isEntry) }).holds,
)
