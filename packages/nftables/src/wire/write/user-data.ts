import type { ByteWriter } from '@portolan/core/netlink'

/** Writes a text into user data in the form of libnftnl (src/udata.c): type, length with the closing NUL, text. */
export const writeUserText = (writer: ByteWriter, type: number, text: string): void => {
  writer.u8(type)
  const counter = writer.length
  writer.u8(0)
  writer.utf8(text)
  writer.u8(0)
  writer.setU8(counter, writer.length - counter - 1)
}

/** Writes a number into user data, in the byte order of the machine. */
export const writeUserNumber = (writer: ByteWriter, type: number, value: number): void => {
  writer.u8(type)
  writer.u8(4)
  writer.u32(value)
}
