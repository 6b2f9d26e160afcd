import { readText } from '@portolan/core/netlink'
import { formatAddress4, formatAddress6 } from '@portolan/netfilter'
import type { Expression, TextExpression } from '../model/index.ts'

/** Reads a value that begins at an offset; null when it is one that nft would list in another way. */
export type ReadValue = (view: DataView, start: number, end: number) => Expression | null

interface Part {
  /** Bytes it takes in a concatenation, where each part is padded to four. */
  readonly size: number
  readonly read: ReadValue
}

const text = (value: string): TextExpression => ({ kind: 'text', text: value })

const protocols: Readonly<Record<number, TextExpression>> = {
  6: text('tcp'),
  17: text('udp'),
  132: text('sctp'),
}

/** Thousands of mappings lead to a few addresses: each is one value. */
const known4 = new Map<number, TextExpression>()
const KNOWN_LIMIT = 4_096

const readAddress4 = (view: DataView, start: number): TextExpression => {
  const value = view.getUint32(start)
  const known = known4.get(value)
  if (known !== undefined) return known
  const read = text(formatAddress4(value))
  if (known4.size < KNOWN_LIMIT) known4.set(value, read)
  return read
}

const readAddress6 = (view: DataView, start: number): TextExpression =>
  text(formatAddress6((view.getBigUint64(start) << 64n) | view.getBigUint64(start + 8)))

const IFNAMSIZ = 16

const parts: Readonly<Record<string, Part>> = {
  inet_proto: { size: 4, read: (view, start) => protocols[view.getUint8(start)] ?? null },
  inet_service: { size: 4, read: (view, start) => ({ kind: 'number', value: view.getUint16(start) }) },
  ipv4_addr: { size: 4, read: readAddress4 },
  ipv6_addr: { size: 16, read: readAddress6 },
  ifname: {
    size: IFNAMSIZ,
    // nft lists a name with a star at its end for a prefix of names, which our exact maps never hold.
    read: (view, start) => {
      const name = readText(view, start, start + IFNAMSIZ)
      return name === '' || /[*\\]/.test(name) ? null : text(name)
    },
  },
}

/** Reads values of these types, a concatenation when there are several; null for a type that ours do not have. */
export const readerOf = (types: readonly string[]): ReadValue | null => {
  const found = types.map((type) => parts[type])
  const known = found.filter((part) => part !== undefined)
  const [only] = known
  if (only === undefined || known.length !== found.length) return null
  if (known.length === 1) return only.read
  const size = known.reduce((sum, part) => sum + part.size, 0)
  return (view, start, end) => {
    if (end - start !== size) return null
    const values: Expression[] = []
    let at = start
    for (const part of known) {
      const value = part.read(view, at, end)
      if (value === null) return null
      values.push(value)
      at += part.size
    }
    return { kind: 'concat', parts: values }
  }
}
