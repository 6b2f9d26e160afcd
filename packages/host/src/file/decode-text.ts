import { isUtf8 } from 'node:buffer'
import { ParseError } from '@portolan/netfilter'
import { RefusedFileError } from './refused-file-error.ts'

/**
 * Decodes bytes of UTF-8 to a text without a byte order mark.
 *
 * @param source - the name of the source in errors
 * @throws RefusedFileError for UTF-16, which Windows' editors and shells write
 * @throws ParseError with the place of the first byte that is not UTF-8, if such bytes are to be refused
 */
export const decodeText = (bytes: Buffer, source: string, invalid: 'refuse' | 'replace'): string => {
  if (isUtf16(bytes))
    throw new RefusedFileError('it is written in UTF-16, and only UTF-8 is read', 'Save it as UTF-8')
  const text = new TextDecoder().decode(bytes)
  if (invalid === 'replace' || isUtf8(bytes)) return text
  const at = firstDifference(bytes, Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)))
  const before = bytes.subarray(0, at)
  const lineStart = before.lastIndexOf(0x0a) + 1
  const column = before.subarray(lineStart).toString('utf8').length + 1
  const line = countNewlines(before) + 1
  throw new ParseError(
    `byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')} is not UTF-8: save the file as UTF-8`,
    { source, line, column },
    bytes.subarray(lineStart, lineStart + 80).toString('utf8'),
  )
}

const isUtf16 = (bytes: Buffer): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)

const firstDifference = (one: Buffer, other: Buffer): number => {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}

const countNewlines = (bytes: Buffer): number => {
  let count = 0
  for (const byte of bytes) if (byte === 0x0a) count += 1
  return count
}
