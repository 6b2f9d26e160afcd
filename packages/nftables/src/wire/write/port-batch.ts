import { ByteWriter, littleEndian, NLMSG_HEADER_LENGTH } from '@portolan/core/netlink'
import { tableName } from '../../compile/ours.ts'
import type { Operation } from '../../diff/change.ts'
import type { Element, Expression } from '../../model/index.ts'
import { paddedTo4 } from '../message-parts.ts'
import { PORT_AT, portKeyOf } from './port-element.ts'

/** What one port of one map comes with, or goes. */
type PortOperation = Extract<Operation, { readonly kind: 'add-element' | 'remove-element' }>

/** The batch of one port that was written last, and where the next one of the same container is another. */
interface Written {
  readonly operation: PortOperation
  readonly hasGeneration: boolean
  readonly bytes: Uint8Array
  readonly portAt: number
  /** Where the text of the comment begins; null: it has none. */
  readonly commentAt: number | null
}

/** A header and a struct nfgenmsg. */
const HEAD = NLMSG_HEADER_LENGTH + 4
/** struct nlmsghdr: behind length, type and flags. */
const SEQUENCE_AT = 8
/** In the first message, behind the head of its one attribute. */
const GENERATION_AT = HEAD + 4
const GENERATION_BYTES = 8

/** The name of a table or set as an attribute, with its NUL. */
const nameBytes = (name: string): number => 4 + paddedTo4(name.length + 1)

const beginBytes = (hasGeneration: boolean): number => HEAD + (hasGeneration ? GENERATION_BYTES : 0)

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x80) return false
  return true
}

let last: Written | null = null

/**
 * Keeps a batch of one port, if it is one. To write it takes ten times as long as to copy it, and an orchestrator
 * publishes port after port of one container.
 */
export const keepPortBatch = (
  operation: Operation,
  datagram: Uint8Array,
  generation: number | null,
): void => {
  last = writtenOf(operation, datagram, generation !== null)
}

const writtenOf = (operation: Operation, bytes: Uint8Array, hasGeneration: boolean): Written | null => {
  if (operation.kind !== 'add-element' && operation.kind !== 'remove-element') return null
  const { set, element } = operation
  const comment = operation.kind === 'add-element' ? element.comment : null
  const port = portKeyOf(element)?.port
  const portAt = beginBytes(hasGeneration) + HEAD + nameBytes(tableName) + nameBytes(set.name) + 4 + PORT_AT
  // Of user data the text is all but a type, a length and the closing NUL; it is last of what the last message but one has.
  const commentAt = comment === null ? null : bytes.length - HEAD - paddedTo4(comment.length + 3) + 2
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Where anything stands elsewhere, or takes other bytes than it has characters, it is no such batch.
  const isThere =
    port !== undefined &&
    portAt + 2 <= bytes.length &&
    view.getUint16(portAt) === port &&
    (comment === null || (isAscii(comment) && standsAt(bytes, commentAt ?? 0, comment)))
  return isThere ? { operation, hasGeneration, bytes, portAt, commentAt } : null
}

const standsAt = (bytes: Uint8Array, at: number, text: string): boolean => {
  for (let each = 0; each < text.length; each += 1)
    if (bytes[at + each] !== text.charCodeAt(each)) return false
  return true
}

/**
 * The batch of one port that differs from the last one in nothing but its numbers, its port and its comment.
 * @returns null: there is no such last one
 */
export const repeatPortBatch = (
  operation: Operation,
  sequence: number,
  generation: number | null,
): Uint8Array | null => {
  if (last === null || (generation !== null) !== last.hasGeneration) return null
  if (operation.kind !== last.operation.kind || operation.set !== last.operation.set) return null
  if (!isAlike(operation.element, last.operation.element)) return null
  const port = portKeyOf(operation.element)?.port
  if (port === undefined) return null
  const writer = new ByteWriter(last.bytes.length)
  writer.raw(last.bytes)
  const bytes = writer.take()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const middle = beginBytes(last.hasGeneration)
  view.setUint32(SEQUENCE_AT, sequence, littleEndian)
  view.setUint32(middle + SEQUENCE_AT, sequence + 1, littleEndian)
  view.setUint32(bytes.length - HEAD + SEQUENCE_AT, sequence + 2, littleEndian)
  if (generation !== null) view.setUint32(GENERATION_AT, generation)
  view.setUint16(last.portAt, port)
  const { comment } = operation.element
  if (last.commentAt !== null && comment !== null)
    for (let at = 0; at < comment.length; at += 1) bytes[last.commentAt + at] = comment.charCodeAt(at)
  return bytes
}

/** Do elements differ in their ports alone, and in the digits of their comments? */
const isAlike = (one: Element, other: Element): boolean => {
  const { comment } = one
  return (
    one.attributes === null &&
    portKeyOf(one)?.protocol === portKeyOf(other)?.protocol &&
    isSameEnd(one.data, other.data) &&
    comment?.length === other.comment?.length &&
    (comment === null || isAscii(comment))
  )
}

/** Are two containers' ports the same, `172.17.0.2 . 80`? */
const isSameEnd = (one: Expression | null, other: Expression | null): boolean => {
  if (one === other) return true
  if (one?.kind !== 'concat' || other?.kind !== 'concat' || one.parts.length !== 2) return false
  const [[address, port], [otherAddress, otherPort]] = [one.parts, other.parts]
  return (
    other.parts.length === 2 &&
    address?.kind === 'text' &&
    otherAddress?.kind === 'text' &&
    address.text === otherAddress.text &&
    port?.kind === 'number' &&
    otherPort?.kind === 'number' &&
    port.value === otherPort.value
  )
}
