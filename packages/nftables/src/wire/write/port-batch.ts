import { ByteWriter, littleEndian, NLMSG_HEADER_LENGTH } from '@portolan/core/netlink'
import { tableName } from '../../compile/ours.ts'
import type { Operation } from '../../model/change.ts'
import type { Element, Expression } from '../../model/index.ts'
import { paddedTo4 } from '../message-parts.ts'
import { PORT_AT, portKeyOf } from './port-element.ts'

/** The operation on one element: adding or removing it. */
type PortOperation = Extract<Operation, { readonly kind: 'add-element' | 'remove-element' }>

/**
 * The batch of one port written last, with the offsets that differ in a batch for another port of the same container.
 */
interface Written {
  readonly operation: PortOperation
  readonly hasGeneration: boolean
  readonly bytes: Uint8Array
  readonly portAt: number
  /** The offset of the comment's text; null: no comment. */
  readonly commentAt: number | null
}

/** The bytes of a netlink header and a struct nfgenmsg. */
const HEAD = NLMSG_HEADER_LENGTH + 4
/** The offset of the sequence number in struct nlmsghdr, behind length, type and flags. */
const SEQUENCE_AT = 8
/** The offset of the generation in the first message, behind the head of its one attribute. */
const GENERATION_AT = HEAD + 4
const GENERATION_BYTES = 8

/** The bytes of a table or set name as an attribute, with its NUL. */
const nameBytes = (name: string): number => 4 + paddedTo4(name.length + 1)

const beginBytes = (hasGeneration: boolean): number => HEAD + (hasGeneration ? GENERATION_BYTES : 0)

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x80) return false
  return true
}

let last: Written | null = null

/**
 * Keeps a batch if it changes one port. Writing such a batch takes ten times as long as copying it, and an orchestrator
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
  // The user data ends the last message but one. It is the comment's text between a type, a length and the closing NUL.
  const commentAt = comment === null ? null : bytes.length - HEAD - paddedTo4(comment.length + 3) + 2
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // A batch with its port or comment at another offset, or with a comment that is not ASCII, is not kept.
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
 * Writes the batch of one port by copying the last batch. The two differ only in their numbers, the port and the
 * comment.
 * @returns null when the last batch differs in more
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

/** Do two elements differ only in their ports and in the text of comments of equal length? */
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
