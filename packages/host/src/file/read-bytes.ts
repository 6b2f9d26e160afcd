import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { errorCode } from '@portolan/netfilter/schema'
import { inBigints } from './in-bigints.ts'
import type { ReadTextOptions } from './read-options.ts'
import { DeviceError, RefusedFileError } from './refused-file-error.ts'

/**
 * Reads the bytes of a file, within the limits of `readTextFile`.
 *
 * @throws RefusedFileError, or the Error of node:fs
 */
export const readBytes = (file: string | 0, { mostBytes, pipes = false }: ReadTextOptions): Buffer => {
  if (file === 0) return readDescriptor(0, mostBytes, pipes)
  // This check comes before the opening, because opening a device may have an effect (a tape rewinds).
  if (!pipes) checkKind(statSync(file, inBigints), pipes)
  const flags = pipes ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK
  const descriptor = openSync(file, flags | constants.O_NOCTTY)
  try {
    return readDescriptor(descriptor, mostBytes, pipes)
  } finally {
    closeSync(descriptor)
  }
}

const readDescriptor = (descriptor: number, mostBytes: number, pipes: boolean): Buffer => {
  const stats = fstatSync(descriptor, inBigints)
  checkKind(stats, pipes)
  const bytes = Number(stats.size)
  if (stats.isFile() && bytes > mostBytes) throw tooLong(`${bytes} bytes`, mostBytes)
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    // One byte more than expected, so that the end shows at once. Files of /proc report a size of 0.
    const part = Buffer.allocUnsafe(Math.max(Math.min(bytes, mostBytes) + 1 - length, 65_536))
    const count = readSome(descriptor, part)
    if (count === 0) return Buffer.concat(parts, length)
    length += count
    if (length > mostBytes) throw tooLong('more', mostBytes)
    parts.push(part.subarray(0, count))
  }
}

/**
 * Reads some bytes, and waits for them where the descriptor is non-blocking: another process that shares standard input
 * may have set that.
 */
const readSome = (descriptor: number, part: Buffer): number => {
  for (;;) {
    try {
      return readSync(descriptor, part)
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

const checkKind = (stats: BigIntStats, pipes: boolean): void => {
  if (stats.isDirectory()) throw new RefusedFileError('it is a folder')
  if (pipes || stats.isFile()) return
  if (stats.isCharacterDevice() || stats.isBlockDevice()) throw new DeviceError('it is a device')
  throw new RefusedFileError(`it is a ${stats.isFIFO() ? 'pipe' : 'socket'}, and only a file is read here`)
}

const tooLong = (found: string, mostBytes: number): RefusedFileError =>
  new RefusedFileError(
    found === 'more'
      ? `it has more than ${size(mostBytes)}`
      : `it has ${found}, and at most ${size(mostBytes)} are read`,
    'Make it smaller, or name another',
  )

const size = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes} bytes` : `${bytes / 2 ** 20} MiB`)
