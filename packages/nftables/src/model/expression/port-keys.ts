import { concat, type Expression, number, type TextExpression, text } from './expression.ts'

const PAGE_BITS = 8
/** The number of keys kept for the whole process. Keys beyond it are made on each request. */
const KEPT = 32_768

const protocols: ReadonlyMap<string, TextExpression> = new Map(
  ['tcp', 'udp', 'sctp'].map((protocol) => [protocol, text(protocol)]),
)

/**
 * Keys by protocol, upper half and lower half of the port. One list of all ports takes half a megabyte, and most
 * projects use a few ports.
 */
type Pages = Map<string, Expression[][]>

const pageOf = (pages: Pages, protocol: string, port: number): Expression[] => {
  let list = pages.get(protocol)
  if (list === undefined) {
    list = []
    pages.set(protocol, list)
  }
  while (list.length <= port >> PAGE_BITS) list.push([])
  return list[port >> PAGE_BITS] ?? []
}

const kept: Pages = new Map()
let count = 0
/** The pages of the protocol of the last request. Ten thousand keys may have one protocol. */
let last: { readonly protocol: string; readonly pages: Expression[][] } | null = null

const keptPage = (protocol: string, port: number): Expression[] => {
  if (last?.protocol === protocol) {
    const known = last.pages[port >> PAGE_BITS]
    if (known !== undefined) return known
  }
  const page = pageOf(kept, protocol, port)
  last = { protocol, pages: kept.get(protocol) ?? [] }
  return page
}

const make = (protocol: string, port: number): Expression =>
  concat(protocols.get(protocol) ?? text(protocol), number(port))

/** A kept key. Null: the key is not kept, and there is no room for more. */
const keptKey = (protocol: string, port: number): Expression | null => {
  const page = keptPage(protocol, port)
  const place = port & ((1 << PAGE_BITS) - 1)
  const known = page[place]
  if (known !== undefined) return known
  if (count === KEPT || !protocols.has(protocol)) return null
  count += 1
  const key = make(protocol, port)
  page[place] = key
  return key
}

/**
 * The key of a port on every address, `tcp . 8080`. The compiler and the reader share the kept keys, so that each is
 * made once for both.
 *
 * @param port - 0 to 65535
 */
export const portKey = (protocol: string, port: number): Expression =>
  keptKey(protocol, port) ?? make(protocol, port)

/** The keys of one compilation that are not kept. A network of both families has each such key in two maps. */
export interface OwnPortKeys {
  pages: Pages | null
}

/**
 * The same as `portKey`, except that keys beyond the kept ones are shared within one compilation. This is a plain
 * function, because V8 would compile a closure anew for each compilation.
 */
export const ownPortKey = (own: OwnPortKeys, protocol: string, port: number): Expression => {
  const found = keptKey(protocol, port)
  if (found !== null) return found
  own.pages ??= new Map()
  const page = pageOf(own.pages, protocol, port)
  const place = port & ((1 << PAGE_BITS) - 1)
  const key = page[place] ?? make(protocol, port)
  page[place] = key
  return key
}
