import { type ByteWriter, NLA_F_NESTED } from '@portolan/core/netlink'
import type { Element, Expression } from '../../model/index.ts'
import {
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_DATA_VALUE,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_USERDATA,
  UDATA_SET_ELEM_COMMENT,
  UDATA_SET_ELEM_F_INTERVAL_OPEN,
  UDATA_SET_ELEM_FLAGS,
} from '../constants.ts'
import { mapDataWriter, writeData } from './data.ts'
import { type Ends, endsOf } from './interval-ends.ts'
import { isOfPorts, PortElements } from './port-element.ts'
import { unwritable } from './unwritable.ts'
import { writeUserNumber, writeUserText } from './user-data.ts'
import { valueWriter } from './value.ts'

/** The properties of a set that decide how its elements are written. */
export interface ElementForm {
  readonly keyTypes: readonly string[]
  /** Empty: a set, which holds no data. */
  readonly dataTypes: readonly string[]
  readonly isInterval: boolean
}

/** The parts to write. `key`: only the key, enough to find the element. */
export type ElementParts = 'key' | 'all'

/** Writes one NFTA_LIST_ELEM, or one end of an interval. */
type WriteElement = (writer: ByteWriter) => void

/**
 * Writes the elements of a set by their index. A function for each of a hundred thousand elements would take as much
 * memory as the elements.
 */
export interface ElementWriter {
  readonly count: number
  readonly write: (writer: ByteWriter, number: number) => void
}

const oneByOne = (writers: readonly WriteElement[]): ElementWriter => ({
  count: writers.length,
  write: (writer, number) => writers[number]?.(writer),
})

const refuseAttributes = (elements: readonly Element[]): void => {
  for (const { attributes } of elements) if (attributes !== null) throw unwritable(attributes)
}

type WriteRest = (writer: ByteWriter, element: Element) => void

type WriteData = (writer: ByteWriter, data: Expression) => void

/** Repeats the bytes written before where the data is the same. Most mappings of a map lead to one container. */
const repeatWritten = (write: WriteData): WriteData => {
  let before: Expression | null = null
  let start = 0
  let end = 0
  return (writer, data) => {
    if (data === before) {
      writer.repeat(start, end)
      return
    }
    start = writer.length
    write(writer, data)
    before = data
    end = writer.length
  }
}

/** Makes a writer for the part of an element between its key and its comment. */
const restWriter = ({ dataTypes }: ElementForm, what: ElementParts): WriteRest => {
  if (what === 'key') return () => {}
  const writeMapData =
    dataTypes.length === 0 ? null : repeatWritten(mapDataWriter(dataTypes, NFTA_SET_ELEM_DATA))
  return (writer, element) => {
    if ((element.data === null) !== (writeMapData === null)) throw unwritable(element)
    if (element.data !== null) writeMapData?.(writer, element.data)
  }
}

const writeUserData = (writer: ByteWriter, { comment }: Element, isOpen: boolean): void => {
  if (comment === null && !isOpen) return
  const start = writer.open(NFTA_SET_ELEM_USERDATA)
  if (comment !== null) writeUserText(writer, UDATA_SET_ELEM_COMMENT, comment)
  if (isOpen) writeUserNumber(writer, UDATA_SET_ELEM_FLAGS, UDATA_SET_ELEM_F_INTERVAL_OPEN)
  writer.close(start)
}

/**
 * Makes a writer for elements with exact keys. There may be ten thousand, so no function is made for each attribute.
 */
const exact = (form: ElementForm, elements: readonly Element[], what: ElementParts): ElementWriter => {
  const writeKey = valueWriter(form.keyTypes)
  const writeRest = restWriter(form, what)
  const ports = isOfPorts(form.keyTypes) ? new PortElements() : null
  const writeWhole = (writer: ByteWriter, element: Element): void => {
    const start = writer.open(NLA_F_NESTED | NFTA_LIST_ELEM)
    const key = writer.open(NLA_F_NESTED | NFTA_SET_ELEM_KEY)
    const value = writer.open(NFTA_DATA_VALUE)
    writeKey(writer, element.key)
    writer.close(value)
    writer.close(key)
    writeRest(writer, element)
    ports?.keep(writer, element, start)
  }
  const write = (writer: ByteWriter, number: number): void => {
    const element = elements[number]
    if (element === undefined) return
    const start = writer.length
    if (ports?.repeat(writer, element) !== true) writeWhole(writer, element)
    if (what === 'all') writeUserData(writer, element, false)
    writer.close(start)
  }
  return { count: elements.length, write }
}

const writePoint = (writer: ByteWriter, type: string, value: bigint): void => {
  if (type === 'ipv6_addr') {
    writer.be64(value >> 64n)
    writer.be64(value & 0xffff_ffff_ffff_ffffn)
  } else writer.be32(Number(value))
}

const writeEnd = (writer: ByteWriter, type: string, value: bigint): void =>
  writer.attribute(NLA_F_NESTED | NFTA_LIST_ELEM, () => {
    writer.attribute(NFTA_SET_ELEM_FLAGS, () => writer.be32(NFT_SET_ELEM_INTERVAL_END))
    writeData(writer, NFTA_SET_ELEM_KEY, () => writePoint(writer, type, value))
  })

const startWriter = (form: ElementForm, what: ElementParts): ((writer: ByteWriter, ends: Ends) => void) => {
  const type = typeOf(form)
  const writeRest = restWriter(form, what)
  return (writer, { element, start, end }) =>
    writer.attribute(NLA_F_NESTED | NFTA_LIST_ELEM, () => {
      writeData(writer, NFTA_SET_ELEM_KEY, () => writePoint(writer, type, start))
      writeRest(writer, element)
      if (what === 'all') writeUserData(writer, element, end === null)
    })
}

const typeOf = ({ keyTypes }: ElementForm): string => {
  const [type = '', more] = keyTypes
  if (more !== undefined) throw unwritable(keyTypes)
  return type
}

const intervals = (form: ElementForm, elements: readonly Element[], what: ElementParts): ElementWriter => {
  const type = typeOf(form)
  const writeStart = startWriter(form, what)
  const writers = endsOf(elements, type).flatMap((ends): readonly WriteElement[] => {
    const { end } = ends
    return [
      (writer) => writeStart(writer, ends),
      ...(end === null ? [] : [(writer: ByteWriter) => writeEnd(writer, type, end)]),
    ]
  })
  return oneByOne(writers)
}

/**
 * The same for an anonymous set, in nft's form. An end element at zero stands before the first interval, unless that
 * starts at zero. Where one interval follows another at once, the first has no end element (nft, src/intervals.c:
 * set_to_intervals).
 */
export const anonymousIntervals = (form: ElementForm, elements: readonly Element[]): ElementWriter => {
  refuseAttributes(elements)
  const type = typeOf(form)
  const ends = endsOf(elements, type)
  const writeStart = startWriter(form, 'all')
  const starts = new Set(ends.map(({ start }) => start))
  return oneByOne([
    ...(starts.has(0n) ? [] : [(writer: ByteWriter) => writeEnd(writer, type, 0n)]),
    ...ends.flatMap((each): readonly WriteElement[] => {
      const { end } = each
      return [
        (writer) => writeStart(writer, each),
        ...(end === null || starts.has(end) ? [] : [(writer: ByteWriter) => writeEnd(writer, type, end)]),
      ]
    }),
  ])
}

/**
 * Makes a writer for the elements of a set, one after another. An interval is two elements, its two ends.
 * @throws Unwritable when a part of an element does not fit the set's types, or has no wire form here
 */
export const elementWriter = (
  form: ElementForm,
  elements: readonly Element[],
  what: ElementParts,
): ElementWriter => {
  refuseAttributes(elements)
  return form.isInterval ? intervals(form, elements, what) : exact(form, elements, what)
}
