import {
  ByteWriter,
  NLA_F_NESTED,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from '@portolan/core/netlink'
import { tableName } from '../compile/ours.ts'
import type { NftablesChange } from '../diff/change.ts'
import type { Element, NamedSet } from '../model/index.ts'
import {
  NFNL_BATCH_GENID,
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO_INET,
  NFPROTO_UNSPEC,
  NFT_MSG_DELSETELEM,
  NFT_MSG_NEWSETELEM,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
} from './constants.ts'
import { writeElement } from './element.ts'
import { writeHead, writeName } from './message-parts.ts'

/**
 * A transaction as one netlink datagram.
 * @public @since 0.1.0
 */
export interface Batch {
  readonly datagram: Uint8Array
  /** How many acks the kernel will send. */
  readonly expect: number
  /** What each message is about, by its sequence number. */
  readonly changes: ReadonlyMap<number, string>
  /** The sequence number to begin the next batch with. */
  readonly nextSequence: number
}

interface Group {
  readonly verb: 'new' | 'delete'
  readonly set: NamedSet
  readonly elements: Element[]
}

/** What `apply-live` can send: changes of elements, and nothing that would need a chain or a set. */
const groupsOf = (changes: readonly NftablesChange[]): readonly Group[] | null => {
  const deleted = new Map<string, Group>()
  const added = new Map<string, Group>()
  const push = (groups: Map<string, Group>, verb: Group['verb'], set: NamedSet, element: Element): void => {
    const group = groups.get(set.name)
    if (group === undefined) groups.set(set.name, { verb, set, elements: [element] })
    else group.elements.push(element)
  }
  for (const { operation } of changes) {
    if (
      operation.kind !== 'add-element' &&
      operation.kind !== 'remove-element' &&
      operation.kind !== 'replace-element'
    )
      return null
    // An interval is two elements to the kernel, its two ends; those stay with nft.
    if (operation.set.flags.includes('interval')) return null
    if (operation.kind === 'remove-element') push(deleted, 'delete', operation.set, operation.element)
    if (operation.kind === 'replace-element') push(deleted, 'delete', operation.set, operation.before)
    if (operation.kind !== 'remove-element') push(added, 'new', operation.set, operation.element)
  }
  return [...deleted.values(), ...added.values()]
}

/** The length of an attribute is 16 bits; no element of ours is longer than 400 bytes. */
const elementsPerMessage = 128

const writeGroup = (
  writer: ByteWriter,
  { verb, set }: Group,
  elements: readonly Element[],
  sequence: number,
): void => {
  const message = verb === 'new' ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM
  const flags = NLM_F_REQUEST | NLM_F_ACK | (verb === 'new' ? NLM_F_CREATE | NLM_F_EXCL : 0)
  writer.message((NFNL_SUBSYS_NFTABLES << 8) | message, flags, sequence, () => {
    writeHead(writer, NFPROTO_INET, 0)
    writeName(writer, NFTA_SET_ELEM_LIST_TABLE, tableName)
    writeName(writer, NFTA_SET_ELEM_LIST_SET, set.name)
    writer.attribute(NLA_F_NESTED | NFTA_SET_ELEM_LIST_ELEMENTS, () => {
      for (const element of elements) writeElement(writer, set, element, verb === 'new' ? 'all' : 'key')
    })
  })
}

const subject = ({ verb, set }: Group): string =>
  `${verb === 'new' ? 'create' : 'delete'} element of ${set.name}`

/**
 * Encodes changes of elements as one nfnetlink batch: all of them happen, or none
 * (net/netfilter/nfnetlink.c, nfnetlink_rcv_batch). Every message asks for its own ack, so that their number
 * is known beforehand.
 *
 * @param sequence - of the first message; the next batch on the same socket begins at `nextSequence`
 * @param generation - of the rules the changes are for: the kernel refuses them in any other (NFNL_BATCH_GENID,
 * net/netfilter/nf_tables_api.c `nf_tables_valid_genid`); null: in whichever
 * @returns null when some change is not of an element of an exact-match set or map: hand these to `apply`
 * @throws InvalidRequestError when an element does not fit the types of its set
 * @public @since 0.1.0
 */
export const encodeBatch = (
  changes: readonly NftablesChange[],
  sequence: number,
  generation: number | null = null,
): Batch | null => {
  const groups = groupsOf(changes)
  if (groups === null) return null
  const writer = new ByteWriter()
  const subjects = new Map<number, string>()
  let next = sequence >>> 0
  const take = (): number => {
    const taken = next
    next = (next + 1) >>> 0
    return taken
  }
  const begin = take()
  writer.message(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, begin, () => {
    writeHead(writer, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES)
    if (generation !== null) writer.attribute(NFNL_BATCH_GENID, () => writer.be32(generation))
  })
  for (const group of groups) {
    for (let at = 0; at < group.elements.length; at += elementsPerMessage) {
      subjects.set(next, subject(group))
      writeGroup(writer, group, group.elements.slice(at, at + elementsPerMessage), take())
    }
  }
  writer.message(NFNL_MSG_BATCH_END, NLM_F_REQUEST, take(), () =>
    writeHead(writer, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES),
  )
  return { datagram: writer.bytes(), expect: subjects.size, changes: subjects, nextSequence: next }
}
