import { concat, type Expression, number, type TextExpression, text } from './expression.ts'

const PAGE_BITS = 8
/** So many keys are kept: what the rest of the table of a host has is made as it is asked for. */
const KEPT = 32_768

const protocols: ReadonlyMap<string, TextExpression> = new Map(
  ['tcp', 'udp', 'sctp'].map((protocol) => [protocol, text(protocol)]),
)

/** By the upper half of a port and the lower: one list of all ports takes half a megabyte, and most projects have a few. */
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
/** Those of the protocol that was asked for last: ten thousand keys are of one. */
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

/** A key that is kept: null, it is not, and there is no room for more. */
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
 * The key of a port on every address, `tcp . 8080`. What is compiled and what is read have the same one, so that it is
 * made once for both.
 *
 * @param port - 0 to 65535
 */
export const portKey = (protocol: string, port: number): Expression =>
  keptKey(protocol, port) ?? make(protocol, port)

/** The keys of one compilation that are not kept: a network of both families has each in two maps. */
export interface OwnPortKeys {
  pages: Pages | null
}

/** As `portKey`, with the same one also of what is not kept. No function of each compilation's own: V8 would compile for one. */
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
