import { type ByteWriter, NLA_F_NESTED } from '@portolan/core/netlink'
import {
  NFT_LOOKUP_F_INV,
  NFT_REG_1,
  NFT_REG32_00,
  NFTA_BITWISE_DREG,
  NFTA_BITWISE_LEN,
  NFTA_BITWISE_MASK,
  NFTA_BITWISE_SREG,
  NFTA_BITWISE_XOR,
  NFTA_CMP_DATA,
  NFTA_CMP_OP,
  NFTA_CMP_SREG,
  NFTA_EXPR_DATA,
  NFTA_EXPR_NAME,
  NFTA_IMMEDIATE_DATA,
  NFTA_IMMEDIATE_DREG,
  NFTA_LIST_ELEM,
  NFTA_LOOKUP_DREG,
  NFTA_LOOKUP_FLAGS,
  NFTA_LOOKUP_SET,
  NFTA_LOOKUP_SET_ID,
  NFTA_LOOKUP_SREG,
} from '../constants.ts'
import { writeName } from '../message-parts.ts'
import type { SetReference } from './context.ts'
import { writeData } from './data.ts'

/** Writes one kernel expression: its name, and the attributes that `write` writes. */
export const writeInstruction = (writer: ByteWriter, name: string, write: () => void): void =>
  writer.attribute(NLA_F_NESTED | NFTA_LIST_ELEM, () => {
    writeName(writer, NFTA_EXPR_NAME, name)
    writer.attribute(NLA_F_NESTED | NFTA_EXPR_DATA, write)
  })

/** Writes an attribute with a number, in network order as everywhere in nf_tables. */
export const writeNumber = (writer: ByteWriter, type: number, value: number): void =>
  writer.attribute(type, () => writer.be32(value))

/**
 * The number of the register at a four-byte word. The sixteen registers of four bytes are also four registers of
 * sixteen bytes. Where one of the four begins, nft uses its number (src/netlink_linearize.c: netlink_put_register).
 */
export const registerAt = (word: number): number =>
  word % 4 === 0 ? NFT_REG_1 + word / 4 : NFT_REG32_00 + word

/** The number of four-byte registers that a value takes. */
export const wordsOf = (bytes: number): number => (bytes + 3) >> 2

export const writeCompare = (writer: ByteWriter, operator: number, write: () => void): void =>
  writeInstruction(writer, 'cmp', () => {
    writeNumber(writer, NFTA_CMP_SREG, NFT_REG_1)
    writeNumber(writer, NFTA_CMP_OP, operator)
    writeData(writer, NFTA_CMP_DATA, write)
  })

/** Writes a bit operation that keeps the bits of a mask. */
export const writeMask = (writer: ByteWriter, length: number, write: () => void): void =>
  writeInstruction(writer, 'bitwise', () => {
    writeNumber(writer, NFTA_BITWISE_SREG, NFT_REG_1)
    writeNumber(writer, NFTA_BITWISE_DREG, NFT_REG_1)
    writeNumber(writer, NFTA_BITWISE_LEN, length)
    writeData(writer, NFTA_BITWISE_MASK, write)
    writeData(writer, NFTA_BITWISE_XOR, () => {
      for (let at = 0; at < length; at += 1) writer.u8(0)
    })
  })

/**
 * Writes a lookup in a set or map.
 * @param to - the register for a map's data; null for a set
 */
export const writeLookup = (
  writer: ByteWriter,
  { name, id }: SetReference,
  to: number | null,
  isInverted = false,
): void =>
  writeInstruction(writer, 'lookup', () => {
    writeNumber(writer, NFTA_LOOKUP_SREG, NFT_REG_1)
    if (to !== null) writeNumber(writer, NFTA_LOOKUP_DREG, to)
    writeName(writer, NFTA_LOOKUP_SET, name)
    if (id !== null) writeNumber(writer, NFTA_LOOKUP_SET_ID, id)
    if (isInverted) writeNumber(writer, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV)
  })

/** Writes a constant into a register. */
export const writeImmediate = (writer: ByteWriter, register: number, write: () => void): void =>
  writeInstruction(writer, 'immediate', () => {
    writeNumber(writer, NFTA_IMMEDIATE_DREG, register)
    writeData(writer, NFTA_IMMEDIATE_DATA, write)
  })
